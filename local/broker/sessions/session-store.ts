import type { Message, ProtocolVersion, QoS } from '../message.ts'

export type StoredSubscription = { filter: string; qos: QoS; noLocal: boolean }

export type StoredSession = {
  clientId: string
  protocolVersion: ProtocolVersion
  /** Life after the connection ended; more than 0. */
  expirySeconds: number
  /** Absent while connected, also after a crash of the broker. */
  disconnectedAtMs?: number
}

/** A QoS 1 message that waits for a session's client, until it acknowledges. `position` is unique in the store. */
export type StoredDelivery = { position: number; message: Message; retain: boolean }

export type RestoredSession = StoredSession & {
  subscriptions: readonly StoredSubscription[]
  /** Oldest first. */
  queue: readonly StoredDelivery[]
}

/** What a shared subscription holds for its members, oldest first. `group` is the whole filter: `$share/<name>/<filter>`. */
export type RestoredSharedQueue = { group: string; queue: readonly StoredDelivery[] }

/**
 * What outlives the broker's process. Every write is done when its call returns, so it survives the death of the
 * process. A failed write throws and changes nothing. The store belongs to its creator: the broker does not close it.
 */
export type SessionStore = {
  /** Adds a session or replaces its record; subscriptions and queue are kept. */
  saveSession(session: StoredSession): void
  /** Deletes a session with its subscriptions and its queue; unknown ones are ignored. */
  deleteSession(clientId: string): void
  /** Adds or replaces subscriptions by their filter. */
  saveSubscriptions(clientId: string, subscriptions: readonly StoredSubscription[]): void
  deleteSubscriptions(clientId: string, filters: readonly string[]): void
  /** Appends a message to the queue of each session, to all or to none; returns the positions in the same order. */
  enqueue(clientIds: readonly string[], message: Message, retain: boolean): number[]
  /** Removes a message from a session's queue; unknown positions are ignored. */
  dequeue(position: number): void
  /** Appends a message to the queue of a shared subscription; returns its position, unique among shared queues. */
  enqueueShared(group: string, message: Message): number
  /** Removes a message from the queue of a shared subscription; unknown positions are ignored. */
  dequeueShared(position: number): void
  deleteSharedQueue(group: string): void
  sharedQueues(): RestoredSharedQueue[]
  /** Keeps the one retained message of its topic. */
  saveRetained(message: Message): void
  deleteRetained(topic: string): void
  sessions(): RestoredSession[]
  retained(): Message[]
}
