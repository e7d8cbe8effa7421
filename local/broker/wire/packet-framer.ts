export type FramingFault = { kind: 'malformed' | 'tooLarge'; reason: string }

/** Cuts a byte stream into whole control packets, so that the size of a packet is known before it is kept. */
export type PacketFramer = {
  push(chunk: Buffer): void
  /** Goes on with what is buffered, after `accepting` turned true again. */
  proceed(): void
}

type FramerOptions = {
  maxPacketBytes: number
  /** While it answers false, no frame is handed out and bytes are kept. */
  accepting: () => boolean
  onFrame: (frame: Buffer) => void
  /** The stream cannot be read any further. */
  onFault: (fault: FramingFault) => void
}

const SMALLEST_PACKET_BYTES = 2
const MAX_LENGTH_BYTES = 4

export function createPacketFramer({ maxPacketBytes, accepting, onFrame, onFault }: FramerOptions): PacketFramer {
  let chunks: Buffer[] = []
  let bufferedBytes = 0
  /** Nothing can be cut before this many bytes are there: chunks are not joined for less. */
  let neededBytes = SMALLEST_PACKET_BYTES
  let cutting = false

  function proceed(): void {
    // A frame's handler may call back; the loop that called it goes on by itself.
    if (cutting || bufferedBytes < neededBytes || !accepting()) return
    cutting = true
    cut()
    cutting = false
  }

  function cut(): void {
    const [first] = chunks
    const buffer = chunks.length === 1 && first ? first : Buffer.concat(chunks, bufferedBytes)
    let offset = 0
    neededBytes = SMALLEST_PACKET_BYTES
    while (accepting() && buffer.length - offset >= SMALLEST_PACKET_BYTES) {
      const packetBytes = readPacketBytes(buffer, offset)
      if (packetBytes === 'malformed') {
        onFault({ kind: 'malformed', reason: `the remaining length takes at most ${MAX_LENGTH_BYTES} bytes` })
        return
      }
      if (packetBytes === undefined) {
        neededBytes = buffer.length - offset + 1
        break
      }
      if (packetBytes > maxPacketBytes) {
        onFault({ kind: 'tooLarge', reason: `a packet takes at most ${maxPacketBytes} bytes, got ${packetBytes}` })
        return
      }
      if (buffer.length - offset < packetBytes) {
        neededBytes = packetBytes
        break
      }
      offset += packetBytes
      onFrame(buffer.subarray(offset - packetBytes, offset))
    }
    const rest = buffer.subarray(offset)
    chunks = rest.length > 0 ? [rest] : []
    bufferedBytes = rest.length
  }

  return {
    push(chunk) {
      chunks.push(chunk)
      bufferedBytes += chunk.length
      proceed()
    },
    proceed,
  }
}

/** Size of the packet that starts at `offset`; undefined while its length is not complete. OASIS MQTT 5.0, 2.1.4 */
function readPacketBytes(buffer: Buffer, offset: number): number | 'malformed' | undefined {
  let remainingLength = 0
  for (let index = 0; index < MAX_LENGTH_BYTES; index += 1) {
    const byte = buffer[offset + 1 + index]
    if (byte === undefined) return undefined
    remainingLength += (byte & 0x7f) * 128 ** index
    if (byte < 0x80) return 2 + index + remainingLength
  }
  return 'malformed'
}
