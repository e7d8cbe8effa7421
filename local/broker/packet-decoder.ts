import mqttPacket, { type Packet } from 'mqtt-packet'

/** Reads one whole control packet. Throws an `Error` that says what is malformed; the connection is then over. */
export type PacketDecoder = (frame: Buffer) => Packet

const PACKETS_WITH_ID = new Set(['puback', 'pubrec', 'pubrel', 'pubcomp', 'subscribe', 'unsubscribe'])

/** Creates the decoder of one connection; it learns the protocol version from the CONNECT. */
export function createPacketDecoder(): PacketDecoder {
  const parser = mqttPacket.parser()
  let outcome: { packet?: Packet; fault?: Error } = {}
  parser.on('packet', (packet) => {
    outcome.packet = packet
  })
  parser.on('error', (fault: Error) => {
    outcome.fault ??= fault
  })

  return (frame) => {
    outcome = {}
    parser.parse(frame)
    const { packet, fault } = outcome
    if (fault) throw fault
    if (!packet) throw new Error('the packet is shorter than its parts')
    checkPacketId(packet)
    if ('properties' in packet && packet.properties) checkProperties(packet.properties)
    if (packet.cmd === 'connect' && packet.will?.properties) checkProperties(packet.will.properties)
    return packet
  }
}

/** OASIS MQTT 5.0, 2.2.1: an identifier is not 0. The parser reports a missing one as -1. */
function checkPacketId(packet: Packet): void {
  if (!PACKETS_WITH_ID.has(packet.cmd) && !(packet.cmd === 'publish' && packet.qos > 0)) return
  if (packet.messageId === undefined || packet.messageId < 1) throw new Error('a packet identifier is 1 to 65535')
}

/** The parser reports a truncated property as null, undefined or -1, and one given twice as a list. */
function checkProperties(properties: object): void {
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'userProperties') {
      const values: unknown[] = Object.values(value).flat()
      if (values.some((one) => typeof one !== 'string')) throw new Error('a truncated user property')
      continue
    }
    if (value === null || value === undefined || value === -1) throw new Error(`a truncated property ${name}`)
    if (Array.isArray(value) && name !== 'subscriptionIdentifier') throw new Error(`property ${name} appears twice`)
  }
}
