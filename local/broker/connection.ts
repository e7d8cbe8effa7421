import type { Duplex } from 'node:stream'
import mqttPacket, { type Packet } from 'mqtt-packet'
import type { Clock } from '../state/index.ts'
import type { BrokerLimits } from './limits.ts'
import type { ProtocolVersion } from './message.ts'
import { createPacketDecoder } from './packet-decoder.ts'
import { createPacketFramer, type FramingFault } from './packet-framer.ts'

/** One byte stream that carries control packets. Knows no sessions. */
export type Connection = {
  /** UUID, for logs. */
  readonly id: string
  readonly remoteAddress: string
  readonly serverName: string | undefined
  /** False once either side has ended it. */
  readonly open: boolean
  /** The peer does not read what is sent to it. */
  readonly congested: boolean
  /** Encodings differ; set by CONNECT. */
  protocolVersion: ProtocolVersion
  /** The largest packet the peer accepts, when it announced one. */
  peerMaxPacketBytes: number | undefined
  /** Packets of one turn of the event loop go out together. Returns false when the peer accepts no packet that large. */
  send(packet: Packet): boolean
  /** Hands out no packets, and reads no more than is buffered, until `resume`. */
  pause(): void
  resume(): void
  /** Sends a last packet and closes; the peer has `lingerMs` to read it. */
  end(farewell?: Packet): void
  /** Closes without waiting for the peer, once it has been sent all that was written. */
  closeSoon(): void
}

export type ConnectionOptions = {
  duplex: Duplex
  id: string
  remoteAddress: string
  serverName?: string
  limits: BrokerLimits
  clock: Clock
  onPacket: (packet: Packet) => void
  onFault: (fault: FramingFault) => void
  /** The peer has taken all that was sent. */
  onDrain: () => void
  /** Called once, whoever closed it and why. */
  onClose: () => void
}

export function createConnection(options: ConnectionOptions): Connection {
  const { duplex, id, remoteAddress, serverName, limits, clock, onPacket, onFault, onDrain, onClose } = options
  const decode = createPacketDecoder()
  let paused = false
  let open = true
  let corked = false
  let cancelLinger: (() => void) | undefined

  const framer = createPacketFramer({
    maxPacketBytes: limits.maxPacketBytes,
    accepting: () => open && !paused,
    onFault,
    onFrame(frame) {
      let packet: Packet
      try {
        packet = decode(frame)
      } catch (error) {
        onFault({ kind: 'malformed', reason: error instanceof Error ? error.message : String(error) })
        return
      }
      onPacket(packet)
    },
  })

  function write(bytes: Buffer): void {
    if (!corked) {
      corked = true
      duplex.cork()
      process.nextTick(uncork)
    }
    duplex.write(bytes)
  }

  function uncork(): void {
    corked = false
    duplex.uncork()
  }

  function end(farewell?: Packet): void {
    if (!open) return
    if (farewell) connection.send(farewell)
    open = false
    duplex.end()
    // Unread input would turn the close into a reset, and the peer could lose the farewell.
    duplex.resume()
    cancelLinger = clock.after(limits.lingerMs, () => duplex.destroy())
  }

  duplex.on('data', (chunk: Buffer) => {
    if (open) framer.push(chunk)
  })
  duplex.on('drain', onDrain)
  duplex.on('end', () => end())
  // 'close' follows and says all there is to say: the peer is gone.
  duplex.on('error', () => {})
  duplex.on('close', () => {
    open = false
    cancelLinger?.()
    onClose()
  })

  const connection: Connection = {
    id,
    remoteAddress,
    serverName,
    protocolVersion: 4,
    peerMaxPacketBytes: undefined,
    get open() {
      return open
    },
    get congested() {
      return duplex.writableLength > limits.maxOutboundBufferBytes
    },
    send(packet) {
      if (!open) return true
      const { protocolVersion, peerMaxPacketBytes } = connection
      const bytes = mqttPacket.generate(packet, { protocolVersion })
      if (peerMaxPacketBytes !== undefined && bytes.length > peerMaxPacketBytes) return false
      write(bytes)
      return true
    },
    pause() {
      paused = true
      duplex.pause()
    },
    resume() {
      if (!paused) return
      paused = false
      framer.proceed()
      if (!paused) duplex.resume()
    },
    end,
    closeSoon() {
      end()
      if (duplex.writableFinished) duplex.destroy()
      else duplex.once('finish', () => duplex.destroy())
    },
  }
  return connection
}
