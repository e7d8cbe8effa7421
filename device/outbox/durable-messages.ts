import type { Clock } from '../timing/clock.ts'
import type { OutgoingMessage } from './outgoing-message.ts'
import type { QueueStore, StoredMessage } from './queue-store.ts'

/** Keeps QoS 1 messages in a store until they have ended. */
export interface DurableMessages {
  /** What an earlier process left. */
  restore(): OutgoingMessage[]
  keep(message: OutgoingMessage): void
  forget(message: OutgoingMessage): void
  /** From here on nothing is forgotten. */
  close(): void
}

export function createDurableMessages(
  store: QueueStore | undefined,
  clock: Clock,
  onFailure: (error: unknown) => void,
): DurableMessages {
  let isOpen = store !== undefined
  const attempt = <Result>(action: () => Result): Result | undefined => {
    try {
      return action()
    } catch (error) {
      onFailure(error)
      return undefined
    }
  }
  return {
    restore: () =>
      (attempt(() => store?.load()) ?? []).map(({ key, message }) => ({ ...restored(message, clock), storeKey: key })),
    keep(message) {
      if (!isOpen || !store || message.qos !== 1 || !message.durable) return
      message.storeKey = attempt(() => store.add(stored(message, clock)))
    },
    forget(message) {
      const { storeKey } = message
      if (isOpen && store && storeKey !== undefined) attempt(() => store.delete(storeKey))
    },
    close() {
      if (!isOpen || !store) return
      isOpen = false
      attempt(() => store.close())
    },
  }
}

function stored(message: OutgoingMessage, clock: Clock): StoredMessage {
  const { messageId, topic, payload, priority, retain, properties, expiresAtMs } = message
  // the time of day, since no other outlives the process
  const endsAtMs = Math.round(expiresAtMs - clock.monotonicMs() + clock.nowMs())
  return {
    messageId,
    topic,
    payload,
    priority,
    retain,
    expiresAtMs: expiresAtMs === Number.POSITIVE_INFINITY ? null : endsAtMs,
    properties: properties === undefined ? null : JSON.stringify(properties, bytesAsArray),
  }
}

function restored(message: StoredMessage, clock: Clock): OutgoingMessage {
  const { expiresAtMs, properties, ...fields } = message
  const leftMs = expiresAtMs === null ? Number.POSITIVE_INFINITY : expiresAtMs - clock.nowMs()
  return {
    ...fields,
    qos: 1,
    bytes: new TextEncoder().encode(message.payload).length,
    properties: properties === null ? undefined : JSON.parse(properties, arrayAsBytes),
    expiresAtMs: clock.monotonicMs() + leftMs,
    durable: true,
    onEnd() {},
    state: 'new',
  }
}

const BYTES = '$bytes'

function bytesAsArray(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? { [BYTES]: [...value] } : value
}

function arrayAsBytes(_: string, value: unknown): unknown {
  const isBytes = typeof value === 'object' && value !== null && BYTES in value
  return isBytes ? Uint8Array.from((value as { [BYTES]: number[] })[BYTES]) : value
}
