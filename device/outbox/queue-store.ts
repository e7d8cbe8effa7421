/** A message as it outlives the process. */
export interface StoredMessage {
  messageId: string
  topic: string
  payload: string
  priority: number
  retain: boolean
  /** Milliseconds since 1970; null: never. */
  expiresAtMs: number | null
  /** MQTT 5 properties as JSON text; null: none. */
  properties: string | null
}

/**
 * Keeps QoS 1 messages until the broker has confirmed them. Calls are synchronous and in order. One bridge has a store to itself. What throws
 * is an event `storeFailed`, and the message stays in memory.
 */
export interface QueueStore {
  /** What an earlier process left, oldest first, with the key that `delete` takes. */
  load(): readonly { key: number; message: StoredMessage }[]
  /** Returns the key of the new entry. */
  add(message: StoredMessage): number
  delete(key: number): void
  close(): void
}
