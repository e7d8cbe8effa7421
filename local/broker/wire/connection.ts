import type { Duplex } from 'node:stream'
import type { Clock } from '../../state/index.ts'
import type { BrokerLimits } from '../limits.ts'
import type { ProtocolVersion } from '../message.ts'
import { createRateLimiter } from '../rates/rate-limiter.ts'
import type { ConnectionFacts } from '../transport/transport-facts.ts'
import { createOutboundGate } from './outbound-gate.ts'
import { createPacketDecoder } from './packet-decoder.ts'
import { encodePacket } from './packet-encoder.ts'
import { createPacketFramer, type FramingFault } from './packet-framer.ts'
import type { ReceivedPacket, SentPacket } from './packets.ts'

/** One byte stream that carries control packets. Knows no sessions. */
export type Connection = {
  /** UUID, for logs. */
  readonly id: string
  readonly remoteAddress: string
  readonly facts: ConnectionFacts
  /** False once either side has ended it. */
  readonly open: boolean
  /** The peer does not read what is sent to it. */
  readonly congested: boolean
  /** Encodings differ; set by CONNECT. */
  protocolVersion: ProtocolVersion
  /** The largest packet the peer accepts, when it announced one. */
  peerMaxPacketBytes: number | undefined
  /** Packets of one turn of the event loop go out together. Returns false when the peer accepts no packet that large. */
  send(packet: SentPacket): boolean
  /** Hands out no packets, and reads no more than is buffered, until `resume`. */
  pause(): void
  resume(): void
  /** Sends a last packet and closes; the peer has `lingerMs` to read it. */
  end(farewell?: SentPacket): void
  /** Closes without waiting for the peer, once it has been sent all that was written. */
  closeSoon(): void
}

export type ConnectionOptions = {
  duplex: Duplex
  id: string
  facts: ConnectionFacts
  limits: BrokerLimits
  clock: Clock
  onPacket: (packet: ReceivedPacket) => void
  onFault: (fault: FramingFault) => void
  /** The peer has taken all that was sent. */
  onDrain: () => void
  /** Called once, whoever closed it and why. */
  onClose: () => void
}

export function createConnection(options: ConnectionOptions): Connection {
  const { duplex, id, facts, limits, clock, onPacket, onFault, onDrain, onClose } = options
  const decode = createPacketDecoder()
  let paused = false
  let open = true
  let corked = false
  let cancelLinger: (() => void) | undefined
  const inboundRate = createRateLimiter(limits.maxBytesPerSecond, clock)
  /** Set while the client has sent more than its rate allows. */
  let cancelDelay: (() => void) | undefined
  const outbound = createOutboundGate({ bytesPerSecond: limits.maxBytesPerSecond, clock, write, onEmpty: onDrain })

  const framer = createPacketFramer({
    maxPacketBytes: limits.maxPacketBytes,
    accepting: () => open && !paused,
    onFault,
    onFrame(frame) {
      let packet: ReceivedPacket
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

  function end(farewell?: SentPacket): void {
    if (!open) return
    if (farewell) connection.send(farewell)
    open = false
    outbound.release()
    cancelDelay?.()
    duplex.end()
    // Unread input would turn the close into a reset, and the peer could lose the farewell.
    duplex.resume()
    cancelLinger = clock.after(limits.lingerMs, () => duplex.destroy())
  }

  function delay(delayMs: number): void {
    duplex.pause()
    cancelDelay?.()
    cancelDelay = clock.after(delayMs, () => {
      cancelDelay = undefined
      if (!paused) duplex.resume()
    })
  }

  duplex.on('data', (chunk: Buffer) => {
    if (!open) return
    framer.push(chunk)
    inboundRate.spend(chunk.length)
    const delayMs = inboundRate.waitMs()
    if (delayMs > 0 && open) delay(delayMs)
  })
  duplex.on('drain', onDrain)
  duplex.on('end', () => end())
  // 'close' follows and says all there is to say: the peer is gone.
  duplex.on('error', () => {})
  duplex.on('close', () => {
    open = false
    outbound.close()
    cancelDelay?.()
    cancelLinger?.()
    onClose()
  })

  const connection: Connection = {
    id,
    remoteAddress: facts.remoteAddress,
    facts,
    protocolVersion: 4,
    peerMaxPacketBytes: undefined,
    get open() {
      return open
    },
    get congested() {
      return outbound.heldBytes + duplex.writableLength > limits.maxOutboundBufferBytes
    },
    send(packet) {
      if (!open) return true
      const { protocolVersion, peerMaxPacketBytes } = connection
      const bytes = encodePacket(packet, protocolVersion)
      if (peerMaxPacketBytes !== undefined && bytes.length > peerMaxPacketBytes) return false
      outbound.write(bytes)
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
      if (!paused && !cancelDelay) duplex.resume()
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
