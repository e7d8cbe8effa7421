import { createServer, type Socket } from 'node:net'
import mqttPacket, { type Packet } from 'mqtt-packet'

type PacketOf<Cmd extends Packet['cmd']> = Extract<Packet, { cmd: Cmd }>

export interface PacketSocket {
  send(...packets: Packet[]): void
  destroy(): void
  /** Ends the stream in an orderly way. */
  end(): void
}

/** What the server does with a packet; undefined: nothing. */
export type React = (packet: Packet, socket: PacketSocket) => Packet | readonly Packet[] | undefined

/** A broker that only says what it is told to say: it shows what a device sends, byte for byte as packets. */
export interface PacketServer extends AsyncDisposable {
  readonly url: string
  /** All packets of a type, over all connections. */
  received<Cmd extends Packet['cmd']>(cmd: Cmd): PacketOf<Cmd>[]
  readonly connections: number
  /** The latest connection. */
  last(): PacketSocket
}

/** `react` comes first; what it leaves is answered as a broker does that takes everything. */
export async function createPacketServer(react: React = () => undefined): Promise<PacketServer> {
  const packets: Packet[] = []
  const sockets: { socket: Socket; packetSocket: PacketSocket }[] = []
  const server = createServer({ noDelay: true }, (socket) => {
    let protocolVersion = 5
    let parser = mqttPacket.parser()
    socket.on('error', () => {})
    const packetSocket: PacketSocket = {
      send(...all) {
        if (socket.writable)
          socket.write(Buffer.concat(all.map((packet) => mqttPacket.generate(packet, { protocolVersion }))))
      },
      destroy: () => socket.destroy(),
      end: () => socket.end(),
    }
    sockets.push({ socket, packetSocket })
    const onPacket = (packet: Packet) => {
      packets.push(packet)
      if (packet.cmd === 'connect') {
        protocolVersion = packet.protocolVersion ?? 4
      }
      const answer = react(packet, packetSocket) ?? defaultAnswer(packet, protocolVersion)
      if (answer) packetSocket.send(...(Array.isArray(answer) ? answer : [answer]))
      if (packet.cmd === 'disconnect') socket.end()
    }
    parser = mqttPacket.parser()
    parser.on('packet', onPacket)
    socket.on('data', (chunk) => parser.parse(chunk))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `mqtt://localhost:${address.port}`,
    received: (cmd) => packets.filter((packet): packet is never => packet.cmd === cmd),
    get connections() {
      return sockets.length
    },
    last() {
      const last = sockets.at(-1)
      if (!last) throw new Error('nobody has connected')
      return last.packetSocket
    },
    async [Symbol.asyncDispose]() {
      for (const { socket } of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function defaultAnswer(packet: Packet, protocolVersion: number): Packet | undefined {
  if (packet.cmd === 'connect') {
    return protocolVersion === 5
      ? { cmd: 'connack', reasonCode: 0, sessionPresent: false }
      : { cmd: 'connack', returnCode: 0, sessionPresent: false }
  }
  const messageId = packet.messageId ?? 0
  if (packet.cmd === 'publish' && packet.qos === 1) return { cmd: 'puback', messageId, reasonCode: 0 }
  if (packet.cmd === 'subscribe')
    return { cmd: 'suback', messageId, granted: packet.subscriptions.map(({ qos }) => qos) }
  if (packet.cmd === 'unsubscribe') return { cmd: 'unsuback', messageId, granted: packet.unsubscriptions.map(() => 0) }
  if (packet.cmd === 'pingreq') return { cmd: 'pingresp' }
  return undefined
}
