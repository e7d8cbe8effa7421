import type { IConnackPacket, IPublishPacket } from 'mqtt'
import type { OutgoingMessage } from '../outbox/outgoing-message.ts'
import type { LinkEnding, LinkTerms } from './ending.ts'

/** What happens on one connection. */
export interface LinkEvents {
  opened(terms: LinkTerms): void
  /** Once, and last. */
  ended(ending: LinkEnding): void
  /** A PUBACK came; 0 also for an MQTT 3.1.1 broker. */
  acknowledged(packetId: number, reasonCode: number): void
  /** True: acknowledge it now. False: `acknowledge` is called later, or never. */
  message(topic: string, packet: IPublishPacket): boolean
  /** The broker asks, or says that a renewal in place went well. */
  authentication(packet: AuthenticationPacket): void
}

export interface AuthenticationPacket {
  readonly reasonCode: number
  readonly data: Uint8Array | undefined
}

export interface SubscribeFilter {
  readonly filter: string
  readonly qos: 0 | 1
}

/** What the broker answered, or that the connection ended first. */
export type Answered<Result> = (result: Result | undefined) => void

/** What a DISCONNECT says. */
export interface Goodbye {
  readonly reasonCode: number
  readonly sessionExpirySeconds?: number | undefined
}

/** One network connection and the MQTT connection on it. When it has ended nothing comes of it any more. */
export interface Link {
  hasEnded(): boolean
  /** QoS 1 is answered by `acknowledged`. */
  publish(message: OutgoingMessage, packetId: number, dup: boolean): void
  /** QoS 0: `taken` is called when the stream has room again; not after the end. */
  publishUnconfirmed(message: OutgoingMessage, taken: () => void): void
  /** One SUBSCRIBE; answered with one reason code for each filter. */
  subscribe(filters: readonly SubscribeFilter[], answered: Answered<readonly number[]>): void
  unsubscribe(filters: readonly string[], answered: Answered<true>): void
  acknowledge(packetId: number): void
  /** Answered by the next packet of the broker that is a PINGRESP. */
  ping(answered: Answered<true>): void
  /** Answers the broker within an exchange. */
  authenticate(data: Uint8Array | undefined, reasonCode: number): void
  /** DISCONNECT, then the end of the stream. Ends with `ended` in any case. */
  disconnect(goodbye: Goodbye): void
  /** Ends without a word. */
  destroy(ending: LinkEnding): void
}

/** The terms of a CONNACK; what it leaves out has the defaults of the standard. OASIS MQTT 5.0, 3.2.2.3 */
export function readTerms({ sessionPresent, properties = {} }: IConnackPacket, keepAliveSeconds: number): LinkTerms {
  return {
    sessionPresent,
    receiveMaximum: properties.receiveMaximum ?? 0xffff,
    topicAliasMaximum: properties.topicAliasMaximum ?? 0,
    maximumPacketSize: properties.maximumPacketSize ?? Number.POSITIVE_INFINITY,
    keepAliveSeconds: properties.serverKeepAlive ?? keepAliveSeconds,
  }
}
