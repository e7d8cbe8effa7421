import type { Clock } from '../../state/index.ts'
import type { BrokerLimits } from '../limits.ts'
import { isExpired, type Message } from '../message.ts'
import { createKeyedRate } from '../rates/keyed-rate.ts'
import type { SessionStore } from '../sessions/session-store.ts'

/** The retained message of each topic, in memory and in the store. */
export type RetainedMessages = {
  /** Counts a message that is to be retained; tells which quota refuses it, if one does. */
  findQuotaProblem(message: Pick<Message, 'topic' | 'payload'>): string | undefined
  /** Keeps the message, or deletes the topic's one when the payload is empty. OASIS MQTT 5.0, 3.3.1.3 */
  apply(message: Message): void
  /** Undefined when there is none or it has expired. */
  get(topic: string): Message | undefined
  /** All that have not expired. */
  list(): Message[]
}

type RetainedOptions = { store: SessionStore; clock: Clock; limits: BrokerLimits }

export function createRetainedMessages({ store, clock, limits }: RetainedOptions): RetainedMessages {
  const rate = createKeyedRate(limits.maxRetainedPublishesPerSecondPerTopic, clock)
  const messages = new Map(store.retained().map((message) => [message.topic, message]))

  function remove(topic: string): void {
    store.deleteRetained(topic)
    messages.delete(topic)
  }

  function get(topic: string): Message | undefined {
    const message = messages.get(topic)
    if (!message || !isExpired(message, clock.nowMs())) return message
    remove(topic)
    return undefined
  }

  return {
    findQuotaProblem({ topic, payload }) {
      if (!rate.take(topic)) {
        return `a topic takes ${limits.maxRetainedPublishesPerSecondPerTopic} retained message a second`
      }
      const isNew = payload.length > 0 && !messages.has(topic)
      if (!isNew || messages.size < limits.maxRetainedMessages) return undefined
      return `an account keeps at most ${limits.maxRetainedMessages} retained messages`
    },
    apply({ topic, payload, qos, properties, receivedAtMs, expiresAtMs }) {
      if (payload.length === 0) {
        if (messages.has(topic)) remove(topic)
        return
      }
      // A copy: the payload is a view into a network buffer, which would live as long as the message.
      const kept: Message = { topic, payload: Buffer.from(payload), qos, properties, receivedAtMs }
      if (expiresAtMs !== undefined) kept.expiresAtMs = expiresAtMs
      store.saveRetained(kept)
      messages.set(topic, kept)
    },
    get,
    list: () => [...messages.keys()].map(get).filter((message) => message !== undefined),
  }
}
