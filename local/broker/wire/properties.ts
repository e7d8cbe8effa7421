import type { UserProperties } from '../message.ts'
import type { ByteReader } from './byte-reader.ts'

type Kind = 'flag' | 'uint16' | 'uint32' | 'length' | 'text' | 'binary' | 'pair'

/** What a client may send, by identifier. `flag`: a byte of 0 or 1. OASIS MQTT 5.0, 2.2.2.2 */
const PROPERTIES = new Map<number, readonly [name: string, kind: Kind]>([
  [0x01, ['Payload Format Indicator', 'flag']],
  [0x02, ['Message Expiry Interval', 'uint32']],
  [0x03, ['Content Type', 'text']],
  [0x08, ['Response Topic', 'text']],
  [0x09, ['Correlation Data', 'binary']],
  [0x0b, ['Subscription Identifier', 'length']],
  [0x11, ['Session Expiry Interval', 'uint32']],
  [0x15, ['Authentication Method', 'text']],
  [0x16, ['Authentication Data', 'binary']],
  [0x17, ['Request Problem Information', 'flag']],
  [0x18, ['Will Delay Interval', 'uint32']],
  [0x19, ['Request Response Information', 'flag']],
  [0x1f, ['Reason String', 'text']],
  [0x21, ['Receive Maximum', 'uint16']],
  [0x22, ['Topic Alias Maximum', 'uint16']],
  [0x23, ['Topic Alias', 'uint16']],
  [0x26, ['User Property', 'pair']],
  [0x27, ['Maximum Packet Size', 'uint32']],
])

export const USER_PROPERTY = 0x26

/** Which of them each packet may hold. A subscription identifier in a PUBLISH is refused later, with a code of its own. */
export const ALLOWED = {
  CONNECT: new Set([0x11, 0x15, 0x16, 0x17, 0x19, 0x21, 0x22, 0x26, 0x27]),
  Will: new Set([0x01, 0x02, 0x03, 0x08, 0x09, 0x18, 0x26]),
  PUBLISH: new Set([0x01, 0x02, 0x03, 0x08, 0x09, 0x0b, 0x23, 0x26]),
  acknowledgement: new Set([0x1f, 0x26]),
  SUBSCRIBE: new Set([0x0b, 0x26]),
  UNSUBSCRIBE: new Set([0x26]),
  DISCONNECT: new Set([0x11, 0x1f, 0x26]),
  AUTH: new Set([0x15, 0x16, 0x1f, 0x26]),
} as const

/** Goes through the properties of a packet and returns its user properties. Throws for one that has no place there, comes twice or is out of range. */
export function readProperties(reader: ByteReader, packet: keyof typeof ALLOWED): UserProperties | undefined {
  const length = reader.variableByteInteger()
  if (length === 0) return undefined
  const end = reader.offset + length
  const seen = new Set<number>()
  let userProperties: UserProperties | undefined
  while (reader.offset < end) {
    const id = reader.variableByteInteger()
    const [name, kind] = PROPERTIES.get(id) ?? []
    if (name === undefined || kind === undefined || !ALLOWED[packet].has(id)) {
      throw new Error(`${packet}: no property ${name ?? `0x${id.toString(16)}`}`)
    }
    if (kind === 'pair') {
      userProperties ??= []
      userProperties.push([reader.text(), reader.text()])
      continue
    }
    if (seen.has(id)) throw new Error(`property ${name} appears twice`)
    seen.add(id)
    skipValue(reader, name, kind)
  }
  if (reader.offset !== end) throw new Error(`${packet}: the properties are longer than their length says`)
  return userProperties
}

function skipValue(reader: ByteReader, name: string, kind: Exclude<Kind, 'pair'>): void {
  switch (kind) {
    case 'flag': {
      const value = reader.byte()
      if (value > 1) throw new Error(`property ${name} is 0 or 1, got ${value}`)
      return
    }
    case 'uint16':
      reader.skip(2)
      return
    case 'uint32':
      reader.skip(4)
      return
    case 'length':
      reader.variableByteInteger()
      return
    case 'text':
      reader.skipText()
      return
    case 'binary':
      reader.skipBinary()
  }
}
