import type { DisconnectReason } from './disconnect-reason.ts'
import type { InboundMessage, Message, ProtocolVersion, QoS } from './message.ts'

/** A connection as its observer knows it. */
export type ObservedConnection = { clientId: string; connectionId: string; protocolVersion: ProtocolVersion }

/** A refusal: an MQTT 5 reason code, and why, for who operates the broker. */
export type ObservedRefusal = { reasonCode: number; reason: string }

/** Of an accepted message. */
export type PublishedFacts = { connectionId?: string; reason?: string }

/** Is told of what happens at the broker, at once and on its thread: it must be quick, and must not throw. */
export type BrokerObserver = {
  /** `durationMs` counts from the CONNECT; `reason` names the deciding statement of the policy. */
  connected(connection: ObservedConnection & { principalId: string; durationMs: number; reason: string }): void
  connectRefused(connection: ObservedConnection & ObservedRefusal & { durationMs: number }): void
  disconnected(connection: ObservedConnection & { disconnectReason: DisconnectReason; reason: string }): void
  subscribed(connection: ObservedConnection & { filter: string; qos: QoS; reason: string }): void
  subscribeRefused(connection: ObservedConnection & ObservedRefusal & { filter: string }): void
  unsubscribed(connection: ObservedConnection & { filter: string }): void
  /** Accepted from a client, a Will or the cloud, before anything else becomes of it. `reason` is absent where no policy was asked. */
  published(message: InboundMessage, facts: PublishedFacts): void
  publishRefused(connection: ObservedConnection & ObservedRefusal & { topic: string }): void
  /** The PUBACK to the publisher was sent: rules and queues have the message. */
  accepted(message: InboundMessage): void
  /** Written to the connection of a client. */
  delivered(message: Message, facts: { clientId: string; qos: QoS }): void
  /** The client's PUBACK came. */
  acknowledged(message: Message, facts: { clientId: string }): void
  /** A client will not get the message, because of `reason`. */
  dropped(message: Message, facts: { clientId: string; reason: string }): void
}

/** One observer that tells several. */
export function observeTogether(observers: readonly BrokerObserver[]): BrokerObserver {
  const names = [
    'connected',
    'connectRefused',
    'disconnected',
    'subscribed',
    'subscribeRefused',
    'unsubscribed',
    'published',
    'publishRefused',
    'accepted',
    'delivered',
    'acknowledged',
    'dropped',
  ] as const
  const tell =
    (name: keyof BrokerObserver) =>
    (...facts: unknown[]) => {
      for (const observer of observers) (observer[name] as (...given: unknown[]) => void)(...facts)
    }
  return Object.fromEntries(names.map((name) => [name, tell(name)])) as BrokerObserver
}
