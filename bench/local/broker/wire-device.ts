import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import mqttPacket, { type IPublishPacket, type Packet } from 'mqtt-packet'

/** As little of an MQTT 5 client as a measurement of brokers needs: it must cost less than what is measured. */
export interface WireDevice {
  publish(topic: string, payload: Buffer, properties?: IPublishPacket['properties']): number
  subscribe(filter: string): Promise<void>
  /** Set by whoever listens. Messages are acknowledged without it. */
  onMessage: (packet: IPublishPacket) => void
  /** A message of ours was acknowledged. */
  onAcknowledged: (messageId: number) => void
  close(): void
}

export async function connectWireDevice(port: number, ca: string, clientId: string): Promise<WireDevice> {
  const socket = connect({ port, host: 'localhost', ca, minVersion: 'TLSv1.3' })
  socket.setNoDelay(true)
  await once(socket, 'secureConnect')
  const parser = mqttPacket.parser({ protocolVersion: 5 })
  const send = createSender(socket)
  const answers: ((packet: Packet) => void)[] = []
  const answer = () => new Promise<Packet>((resolve) => answers.push(resolve))
  let lastId = 0
  const nextId = () => (lastId = lastId === 65_535 ? 1 : lastId + 1)

  const device: WireDevice = {
    onMessage: () => {},
    onAcknowledged: () => {},
    publish(topic, payload, properties) {
      const messageId = nextId()
      const packet = { cmd: 'publish', topic, payload, qos: 1, retain: false, dup: false, messageId } as const
      send(properties === undefined ? packet : { ...packet, properties })
      return messageId
    },
    async subscribe(topic) {
      send({ cmd: 'subscribe', messageId: nextId(), subscriptions: [{ topic, qos: 1 }] })
      const suback = await answer()
      if (suback.cmd !== 'suback' || suback.granted[0] !== 1) throw new Error(`${topic}: not granted`)
    },
    close: () => socket.destroy(),
  }
  parser.on('packet', (packet) => {
    if (packet.cmd === 'publish') {
      if (packet.qos === 1) send({ cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode: 0 })
      device.onMessage(packet)
    } else if (packet.cmd === 'puback') {
      if (packet.reasonCode && packet.reasonCode >= 0x80) throw new Error(`PUBACK ${packet.reasonCode}`)
      device.onAcknowledged(packet.messageId ?? 0)
    } else {
      answers.shift()?.(packet)
    }
  })
  socket.on('data', (chunk: Buffer) => parser.parse(chunk))
  send({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 5, clientId, clean: true, keepalive: 600 })
  const connack = await answer()
  if (connack.cmd !== 'connack' || connack.reasonCode !== 0)
    throw new Error(`not connected: ${JSON.stringify(connack)}`)
  return device
}

/** Packets of one turn of the event loop go out together. */
function createSender(socket: TLSSocket): (packet: Packet) => void {
  let corked = false
  return (packet) => {
    if (!corked) {
      corked = true
      socket.cork()
      process.nextTick(() => {
        corked = false
        socket.uncork()
      })
    }
    socket.write(mqttPacket.generate(packet, { protocolVersion: 5 }))
  }
}
