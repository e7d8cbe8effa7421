import type { IConnectPacket, IPublishPacket, Packet } from 'mqtt-packet'
import type { UserProperties } from '../message.ts'

/** The parser's properties, but the user properties of a message in their order, which a record does not keep. */
type Ordered<Properties> = Omit<NonNullable<Properties>, 'userProperties'> & { userProperties?: UserProperties }

export type PublishPacket = Omit<IPublishPacket, 'properties'> & { properties?: Ordered<IPublishPacket['properties']> }

type ParsedWill = NonNullable<IConnectPacket['will']>
export type WillFields = Omit<ParsedWill, 'properties'> & { properties?: Ordered<ParsedWill['properties']> }
export type ConnectPacket = Omit<IConnectPacket, 'will'> & { will?: WillFields }

export type ReceivedPacket = Exclude<Packet, { cmd: 'connect' | 'publish' }> | ConnectPacket | PublishPacket
export type SentPacket = Exclude<Packet, { cmd: 'publish' }> | PublishPacket
