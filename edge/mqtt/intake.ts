import { createHash } from 'node:crypto'
import type { CallbackQueue } from '../callbacks/callback-queue.ts'
import type { Log } from '../logging/log.ts'
import type { EdgeStore } from '../store/edge-store.ts'
import { type IncomingMessage, messageBody } from './incoming-message.ts'

/** A callback that a message goes to. */
export interface CallbackTarget {
  readonly subscriptionId: number
  readonly url: string
}

/** From the connection into the durable queue. */
export interface Intake {
  /**
   * Resolves when the message stands in the queue for all targets. `scope` keeps apart what comes for several filters. While the queue is full
   * QoS 1 waits, and so stays with the broker; QoS 0 is dropped.
   */
  keep(message: IncomingMessage, targets: readonly CallbackTarget[], scope: string): Promise<void>
  /** Messages that wait for room. */
  held(): number
}

export interface IntakeOptions {
  store: EdgeStore
  queue: CallbackQueue
  log: Log
  onDropped(): void
  onDuplicate(): void
}

export function createIntake({ store, queue, log, onDropped, onDuplicate }: IntakeOptions): Intake {
  const { batch, recent } = store
  let waiting: (() => void)[] = []
  queue.onRoom(() => {
    const next = waiting
    waiting = []
    for (const resume of next) resume()
  })

  async function write(message: IncomingMessage, targets: readonly CallbackTarget[], scope: string): Promise<void> {
    const identity = identityOf(message, scope)
    const body = messageBody(message)
    const places = targets.map((target) => ({ ...target, hasPlace: queue.reserve(target.subscriptionId) }))
    const stored = await batch.add(() => {
      if (identity !== undefined) recent.add(identity)
      const { topic, receivedAtMs } = message
      return places.flatMap(({ subscriptionId, url, hasPlace }) => {
        return queue.store({ subscriptionId, url, topic, body, receivedAtMs }, hasPlace) ?? []
      })
    })
    for (const delivery of stored) queue.send(delivery)
  }

  return {
    async keep(message, targets, scope) {
      if (isRepeat(message, scope)) {
        onDuplicate()
        return
      }
      while (queue.isFull()) {
        if (message.qos === 0) {
          log({ level: 'warn', event: 'message_dropped', topic: message.topic, problem: 'the callback queue is full' })
          onDropped()
          return
        }
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
      await write(message, targets, scope)
    },
    held: () => waiting.length,
  }

  /**
   * A message whose acknowledgement was lost comes again, marked by the broker. One that a sender repeats is not marked, and is passed on: its
   * receiver may have to answer again. Without an id two messages of one content cannot be told apart, and none is taken for a repeat.
   */
  function isRepeat(message: IncomingMessage, scope: string): boolean {
    const identity = message.dup ? identityOf(message, scope) : undefined
    return identity !== undefined && recent.has(identity)
  }
}

function identityOf({ topic, payload, messageId }: IncomingMessage, scope: string): string | undefined {
  if (messageId === undefined) return undefined
  const hash = createHash('sha256')
  for (const part of [scope, topic, messageId, JSON.stringify(payload)]) hash.update(part).update('\0')
  return hash.digest('base64url')
}
