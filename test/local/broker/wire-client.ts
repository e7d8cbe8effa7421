import { type Duplex, duplexPair } from 'node:stream'
import mqttPacket, { type IConnackPacket, type IConnectPacket, type Packet } from 'mqtt-packet'
import type { Broker, ConnectionFacts, ProtocolVersion } from '#local/broker/index.ts'

type PacketOf<Cmd extends Packet['cmd']> = Extract<Packet, { cmd: Cmd }>

/** A client that speaks packets, over a pair of streams in memory. */
export type WireClient = {
  readonly stream: Duplex
  /** The connection breaks: neither side says a word. */
  lose(): void
  send(...packets: Packet[]): void
  sendBytes(bytes: Uint8Array): void
  /** The next packet from the broker, which must be of this type; rejects when the connection closes first. */
  next<Cmd extends Packet['cmd']>(cmd: Cmd): Promise<PacketOf<Cmd>>
  /** Resolves when the broker has closed, with the packets that were not taken by `next`. */
  closed(): Promise<Packet[]>
  /** What has arrived when the broker has answered a PINGREQ. */
  settled(): Promise<Packet[]>
  connect(fields?: Partial<IConnectPacket>): Promise<IConnackPacket>
  subscribe(filter: string, qos?: 0 | 1 | 2): Promise<number[]>
}

export function createWireClient(
  broker: Broker,
  protocolVersion: ProtocolVersion = 5,
  facts: ConnectionFacts = { remoteAddress: '192.0.2.1' },
): WireClient {
  const [stream, brokerSide] = duplexPair()
  const parser = mqttPacket.parser({ protocolVersion })
  const arrived: Packet[] = []
  let waiting: (() => void) | undefined
  let ended = false
  parser.on('packet', (packet) => {
    arrived.push(packet)
    waiting?.()
  })
  stream.on('data', (chunk: Buffer) => parser.parse(chunk))
  const end = () => {
    ended = true
    stream.end()
    waiting?.()
  }
  stream.on('end', end).on('close', end).on('error', end)
  broker.acceptConnection(brokerSide, facts)
  let lastMessageId = 0

  async function untilTrue(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        waiting = resolve
      })
    }
  }

  const client: WireClient = {
    stream,
    lose() {
      brokerSide.destroy()
      stream.destroy()
    },
    send(...packets) {
      stream.write(Buffer.concat(packets.map((packet) => mqttPacket.generate(packet, { protocolVersion }))))
    },
    sendBytes(bytes) {
      stream.write(bytes)
    },
    async next(cmd) {
      await untilTrue(() => arrived.length > 0 || ended)
      const packet = arrived.shift()
      if (!packet) throw new Error(`expected ${cmd}, got the end of the connection`)
      if (packet.cmd !== cmd) throw new Error(`expected ${cmd}, got ${JSON.stringify(packet)}`)
      return packet as PacketOf<typeof cmd>
    },
    async closed() {
      await untilTrue(() => ended)
      return arrived.splice(0)
    },
    async settled() {
      client.send({ cmd: 'pingreq' })
      await untilTrue(() => arrived.at(-1)?.cmd === 'pingresp' || ended)
      return arrived.splice(0).filter(({ cmd }) => cmd !== 'pingresp')
    },
    async connect(fields = {}) {
      client.send({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion,
        clientId: 'one',
        clean: true,
        keepalive: 60,
        ...fields,
      })
      return client.next('connack')
    },
    async subscribe(filter, qos = 1) {
      lastMessageId += 1
      client.send({ cmd: 'subscribe', messageId: lastMessageId, subscriptions: [{ topic: filter, qos }] })
      const { granted } = await client.next('suback')
      return granted as number[]
    },
  }
  return client
}
