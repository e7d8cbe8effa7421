import type { UserProperties } from '../message.ts'
import { ByteReader } from './byte-reader.ts'
import { readProperties } from './properties.ts'

const CONNECT_FLAGS = { userName: 0x80, password: 0x40, willQos: 0x18, will: 0x04 } as const
/** Of the CONNECT of a bridge, beside the version. */
const BRIDGE_BIT = 0x80

export type PacketFacts = {
  /** Of a PUBLISH or of the Will of a CONNECT. */
  userProperties?: UserProperties | undefined
  /** Of a CONNECT. */
  protocolVersion?: number
}

/**
 * Goes through a whole control packet of a client before the parser reads it, which lets pass what the standard calls malformed: texts that
 * are no UTF-8, properties that have no place, bytes behind the end. Throws an `Error` that says what is malformed.
 */
export function checkPacket(frame: Buffer, protocolVersion: number): PacketFacts {
  const reader = new ByteReader(frame)
  const header = reader.byte()
  reader.variableByteInteger()
  const isV5 = protocolVersion === 5
  switch (header >> 4) {
    case 1:
      return checkConnect(reader)
    case 3:
      reader.skipText()
      if ((header & 0x06) !== 0) reader.skip(2)
      // the payload is the rest
      return isV5 ? { userProperties: readProperties(reader, 'PUBLISH') } : {}
    case 4:
    case 5:
    case 6:
    case 7:
      reader.skip(2)
      checkReason(reader, isV5, 'acknowledgement')
      break
    case 8:
      reader.skip(2)
      if (isV5) readProperties(reader, 'SUBSCRIBE')
      while (!reader.atEnd) {
        reader.skipText()
        reader.skip(1)
      }
      break
    case 10:
      reader.skip(2)
      if (isV5) readProperties(reader, 'UNSUBSCRIBE')
      while (!reader.atEnd) reader.skipText()
      break
    case 12:
      break
    case 14:
      checkReason(reader, isV5, 'DISCONNECT')
      break
    case 15:
      checkReason(reader, isV5, 'AUTH')
      break
    default:
      // a client sends no others, whatever is in them
      return {}
  }
  checkEnd(reader)
  return {}
}

/** Reason code and properties, which may both be left out, or the properties alone. */
function checkReason(reader: ByteReader, isV5: boolean, packet: 'acknowledgement' | 'DISCONNECT' | 'AUTH'): void {
  if (!isV5 || reader.atEnd) return
  reader.skip(1)
  if (!reader.atEnd) readProperties(reader, packet)
}

function checkConnect(reader: ByteReader): PacketFacts {
  reader.skipText()
  const protocolVersion = reader.byte() & ~BRIDGE_BIT
  // how others go on is not known
  if (protocolVersion !== 4 && protocolVersion !== 5) return { protocolVersion }
  const flags = reader.byte()
  const has = (flag: keyof typeof CONNECT_FLAGS) => (flags & CONNECT_FLAGS[flag]) !== 0
  if ((flags & CONNECT_FLAGS.willQos) === CONNECT_FLAGS.willQos) throw new Error('a Will has QoS 0 or 1, got 3')
  // OASIS MQTT 3.1.1, 3.1.2.9
  if (protocolVersion === 4 && has('password') && !has('userName')) throw new Error('a password needs a user name')
  reader.skip(2)
  if (protocolVersion === 5) readProperties(reader, 'CONNECT')
  reader.skipText()
  let userProperties: UserProperties | undefined
  if (has('will')) {
    if (protocolVersion === 5) userProperties = readProperties(reader, 'Will')
    reader.skipText()
    reader.skipBinary()
  }
  if (has('userName')) reader.skipText()
  if (has('password')) reader.skipBinary()
  checkEnd(reader)
  return { protocolVersion, userProperties }
}

function checkEnd(reader: ByteReader): void {
  if (!reader.atEnd) throw new Error('the packet is longer than its parts')
}
