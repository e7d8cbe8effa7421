import mqttPacket, { type Packet } from 'mqtt-packet'
import type { ProtocolVersion, UserProperties } from '../message.ts'
import { ByteReader } from './byte-reader.ts'
import type { SentPacket } from './packets.ts'
import { USER_PROPERTY } from './properties.ts'

/** Writes a control packet. User properties of a PUBLISH are put in behind the others: the generator knows them as a record, without order. */
export function encodePacket(packet: SentPacket, protocolVersion: ProtocolVersion): Buffer {
  const pairs = packet.cmd === 'publish' ? packet.properties?.userProperties : undefined
  if (packet.cmd !== 'publish' || pairs === undefined || protocolVersion === 4) {
    return mqttPacket.generate(packet as Packet, { protocolVersion })
  }
  const { userProperties: _, ...properties } = { ...packet.properties }
  const frame = mqttPacket.generate({ ...packet, properties } as Packet, { protocolVersion })
  return insertUserProperties(frame, pairs)
}

/** OASIS MQTT 5.0, 3.3: header, remaining length, topic name, packet identifier from QoS 1 on, properties, payload. */
function insertUserProperties(frame: Buffer, pairs: UserProperties): Buffer {
  const reader = new ByteReader(frame)
  const header = reader.byte()
  const remainingBytes = reader.variableByteInteger()
  const start = reader.offset
  reader.skipBinary()
  if ((header & 0x06) !== 0) reader.skip(2)
  const lengthStart = reader.offset
  const propertyBytes = reader.variableByteInteger()
  const lengthEnd = reader.offset
  const end = lengthEnd + propertyBytes
  const added = Buffer.concat(pairs.flatMap(([name, value]) => [Buffer.of(USER_PROPERTY), text(name), text(value)]))
  const length = variableByteInteger(propertyBytes + added.length)
  const growth = added.length + length.length - (lengthEnd - lengthStart)
  return Buffer.concat([
    frame.subarray(0, 1),
    variableByteInteger(remainingBytes + growth),
    frame.subarray(start, lengthStart),
    length,
    frame.subarray(lengthEnd, end),
    added,
    frame.subarray(end),
  ])
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}

function variableByteInteger(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  do {
    const low = rest % 128
    rest = (rest - low) / 128
    bytes.push(rest > 0 ? low + 0x80 : low)
  } while (rest > 0)
  return Buffer.from(bytes)
}
