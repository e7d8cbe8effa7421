import { isUtf8 } from 'node:buffer'

const MAX_LENGTH_BYTES = 4

/** Reads the data representations of OASIS MQTT 5.0, 1.5, one after the other. Each throws an `Error` that says what is malformed. */
export class ByteReader {
  private readonly bytes: Buffer
  offset: number

  constructor(bytes: Buffer, offset = 0) {
    this.bytes = bytes
    this.offset = offset
  }

  get atEnd(): boolean {
    return this.offset === this.bytes.length
  }

  /** Goes on behind so many bytes; returns where they start. */
  skip(count: number): number {
    const start = this.offset
    if (start + count > this.bytes.length) throw new Error('the packet is shorter than its parts')
    this.offset += count
    return start
  }

  byte(): number {
    return this.bytes.readUInt8(this.skip(1))
  }

  uint16(): number {
    return this.bytes.readUInt16BE(this.skip(2))
  }

  variableByteInteger(): number {
    let value = 0
    for (let index = 0; index < MAX_LENGTH_BYTES; index += 1) {
      const byte = this.byte()
      value += (byte & 0x7f) * 128 ** index
      if (byte < 0x80) return value
    }
    throw new Error(`a length takes at most ${MAX_LENGTH_BYTES} bytes`)
  }

  skipBinary(): void {
    this.skip(this.uint16())
  }

  skipText(): void {
    this.textBytes()
  }

  text(): string {
    return this.textBytes().toString('utf8')
  }

  /** A text that is decoded in spite of a fault would be another one than was sent, also for the policy. */
  private textBytes(): Buffer {
    const length = this.uint16()
    const start = this.skip(length)
    const bytes = this.bytes.subarray(start, start + length)
    if (!isUtf8(bytes)) throw new Error('a text is no UTF-8')
    if (bytes.includes(0)) throw new Error('a text holds no U+0000')
    return bytes
  }
}
