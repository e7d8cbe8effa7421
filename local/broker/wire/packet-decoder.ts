import mqttPacket, { type Packet } from 'mqtt-packet'
import type { UserProperties } from '../message.ts'
import { checkPacket } from './check-packet.ts'
import type { ReceivedPacket } from './packets.ts'

/** Reads one whole control packet. Throws an `Error` that says what is malformed; the connection is then over. */
export type PacketDecoder = (frame: Buffer) => ReceivedPacket

const PACKETS_WITH_ID = new Set(['puback', 'pubrec', 'pubrel', 'pubcomp', 'subscribe', 'unsubscribe'])

/** Creates the decoder of one connection; it learns the protocol version from the CONNECT. */
export function createPacketDecoder(): PacketDecoder {
  const parser = mqttPacket.parser()
  let version = 4
  let outcome: { packet?: Packet; fault?: Error } = {}
  parser.on('packet', (packet) => {
    outcome.packet = packet
  })
  parser.on('error', (fault: Error) => {
    outcome.fault ??= fault
  })

  return (frame) => {
    const { protocolVersion = version, userProperties } = checkPacket(frame, version)
    version = protocolVersion
    outcome = {}
    parser.parse(frame)
    const { packet, fault } = outcome
    if (fault) throw fault
    if (!packet) throw new Error('the packet is shorter than its parts')
    checkPacketId(packet)
    return inOrder(packet, userProperties)
  }
}

/** OASIS MQTT 5.0, 2.2.1: an identifier is not 0. The parser reports a missing one as -1. */
function checkPacketId(packet: Packet): void {
  if (!PACKETS_WITH_ID.has(packet.cmd) && !(packet.cmd === 'publish' && packet.qos > 0)) return
  if (packet.messageId === undefined || packet.messageId < 1) throw new Error('a packet identifier is 1 to 65535')
}

/** Puts the list of user properties in the place of the parser's record. */
function inOrder(packet: Packet, userProperties: UserProperties | undefined): ReceivedPacket {
  const holder = packet.cmd === 'connect' ? packet.will : packet.cmd === 'publish' ? packet : undefined
  if (holder?.properties && userProperties) Object.assign(holder.properties, { userProperties })
  return packet as ReceivedPacket
}
