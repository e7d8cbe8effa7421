import type { Clock } from '#device/index.ts'
import type { CallbackSettings, QueueSettings } from '../configuration/settings.ts'
import type { Log } from '../logging/log.ts'
import type { Delivery, NewDelivery } from '../store/delivery-table.ts'
import type { EdgeStore } from '../store/edge-store.ts'
import { type CallbackLane, createCallbackLane } from './callback-lane.ts'
import { createOriginSlots } from './origin-slots.ts'
import { decideRetry } from './retry-policy.ts'
import type { CallbackOutcome, CallbackSender } from './send-callback.ts'

/**
 * Posts every stored message to its callback: in order for each topic of a subscription, all topics side by side. What fails is tried again,
 * and what is given up becomes a dead letter.
 */
export interface CallbackQueue {
  isFull(): boolean
  /** Called when there is room again. */
  onRoom(listener: () => void): void
  /** Takes a place for a message of a subscription. False when that has its share of the queue already. */
  reserve(subscriptionId: number): boolean
  /**
   * Inside of a write of the store; once it is committed, `send` is called with what this returned. Undefined for a message without a place, which
   * is a dead letter at once.
   */
  store(delivery: NewDelivery, hasPlace: boolean): Delivery | undefined
  send(delivery: Delivery): void
  /** A receiver is back, as it seems: what pauses for it is tried now. */
  wake(url: string): void
  /** Its messages are gone from the store. */
  forget(subscriptionId: number): void
  /** Sends a dead letter once more; false when there is none. */
  redrive(id: number): boolean
  /** Ends after the callbacks under way, or the time. */
  close(timeoutMs: number): Promise<void>
}

export interface CallbackQueueOptions {
  store: EdgeStore
  sender: CallbackSender
  callbacks: CallbackSettings
  queue: QueueSettings
  clock: Clock
  random: () => number
  log: Log
  onOutcome(outcome: CallbackOutcome['kind'], durationMs: number): void
  /** `body` of the delivery has what the callback would have been. */
  onDead(delivery: Delivery, problem: string): void
}

/** Of the queue, that one subscription may take. */
const SHARE = 0.5

export function createCallbackQueue(options: CallbackQueueOptions): CallbackQueue {
  const { store, sender, callbacks, queue, clock, random, log } = options
  const { deliveries, batch } = store
  const slots = createOriginSlots(callbacks.concurrency)
  const lanes = new Map<string, CallbackLane>()
  const underway = new Set<Promise<void>>()
  const share = Math.ceil(queue.maxMessages * SHARE)
  const sizes = new Map(deliveries.countBySubscription())
  // with the places of messages that are about to be stored
  let size = [...sizes.values()].reduce((sum, count) => sum + count, 0)
  let onRoom = () => {}
  let isClosed = false

  function count(subscriptionId: number, change: 1 | -1): void {
    const wasFull = size >= queue.maxMessages
    const left = (sizes.get(subscriptionId) ?? 0) + change
    // its subscription has ended meanwhile
    if (left < 0) return
    size += change
    if (left > 0) sizes.set(subscriptionId, left)
    else sizes.delete(subscriptionId)
    if (wasFull && size < queue.maxMessages) onRoom()
  }

  const keyOf = ({ subscriptionId, topic }: { subscriptionId: number; topic: string }) => `${subscriptionId} ${topic}`

  function laneOf(delivery: Pick<Delivery, 'subscriptionId' | 'topic' | 'url'>): CallbackLane {
    const key = keyOf(delivery)
    let lane = lanes.get(key)
    if (!lane) {
      lane = createCallbackLane(delivery, deliveries)
      lanes.set(key, lane)
    }
    return lane
  }

  function advance(lane: CallbackLane): void {
    if (isClosed || lane.state !== 'idle' || lanes.get(keyOf(lane)) !== lane) return
    if (!lane.head()) {
      lanes.delete(keyOf(lane))
      return
    }
    lane.state = 'busy'
    slots.acquire(lane.origin, () => {
      const sending = attempt(lane).finally(() => {
        slots.release(lane.origin)
        underway.delete(sending)
        advance(lane)
      })
      underway.add(sending)
    })
  }

  async function attempt(lane: CallbackLane): Promise<void> {
    const delivery = lane.head()
    // it may have been unsubscribed while it waited for room
    if (isClosed || !delivery || lanes.get(keyOf(lane)) !== lane) {
      lane.state = 'idle'
      return
    }
    const startedAtMs = clock.monotonicMs()
    const outcome = await sender.send(delivery.url, delivery.body)
    options.onOutcome(outcome.kind, clock.monotonicMs() - startedAtMs)
    lane.state = 'idle'
    // it was unsubscribed meanwhile
    if (lanes.get(keyOf(lane)) !== lane) return
    if (outcome.kind === 'delivered') delivered(lane, delivery)
    else failed(lane, delivery, outcome)
  }

  function delivered(lane: CallbackLane, { id }: Delivery): void {
    lane.shift()
    count(lane.subscriptionId, -1)
    void batch.add(() => deliveries.done(id))
    if (lane.isUnreachable) {
      lane.isUnreachable = false
      wakeOrigin(lane.origin)
    }
  }

  function failed(
    lane: CallbackLane,
    delivery: Delivery,
    outcome: Exclude<CallbackOutcome, { kind: 'delivered' }>,
  ): void {
    const { problem } = outcome
    const decision = decideRetry(delivery, outcome, { ...callbacks, nowMs: clock.nowMs, random })
    lane.isUnreachable = outcome.kind === 'unreachable'
    if (decision.kind === 'dead') {
      bury(lane, delivery, problem)
      return
    }
    log({ level: 'warn', event: 'callback_failed', topic: delivery.topic, problem, attempts: delivery.attempts })
    void batch.add(() => deliveries.failed(delivery, problem))
    pause(lane, decision.delayMs)
  }

  function bury(lane: CallbackLane, delivery: Delivery, problem: string): void {
    lane.shift()
    count(lane.subscriptionId, -1)
    void batch.add(() => entomb(delivery, problem))
  }

  /** Inside of a write. */
  function entomb(delivery: Delivery, problem: string): void {
    const { topic, attempts, id } = delivery
    const limits = { nowMs: clock.nowMs(), maxDeadLetters: queue.maxDeadLetters }
    const discarded = deliveries.dead(delivery, problem, limits)
    log({ level: 'error', event: 'callback_given_up', deadLetter: id, topic, problem, attempts })
    if (discarded > 0) log({ level: 'error', event: 'dead_letters_discarded', count: discarded })
    options.onDead(delivery, problem)
  }

  function send(delivery: Delivery): void {
    const lane = laneOf(delivery)
    lane.push(delivery)
    advance(lane)
  }

  function pause(lane: CallbackLane, delayMs: number): void {
    lane.state = 'paused'
    const cancel = clock.after(delayMs, resume)
    lane.cancelPause = () => {
      cancel()
      resume()
    }
    function resume(): void {
      if (lane.state !== 'paused') return
      lane.state = 'idle'
      advance(lane)
    }
  }

  function wakeOrigin(origin: string): void {
    for (const lane of lanes.values()) {
      if (lane.origin === origin && lane.state === 'paused' && lane.isUnreachable) lane.cancelPause()
    }
  }

  for (const left of deliveries.lanes()) {
    const lane = createCallbackLane(left, deliveries, { isRestored: true })
    lanes.set(keyOf(lane), lane)
    advance(lane)
  }

  return {
    isFull: () => size >= queue.maxMessages,
    onRoom(listener) {
      onRoom = listener
    },
    reserve(subscriptionId) {
      // a receiver that is gone must not stop the others
      const hasPlace = (sizes.get(subscriptionId) ?? 0) < share
      if (hasPlace) count(subscriptionId, 1)
      return hasPlace
    },
    store(delivery, hasPlace) {
      const stored = deliveries.add(delivery)
      if (hasPlace) return stored
      entomb(stored, `more than ${share} messages wait for this callback`)
      return undefined
    },
    send,
    wake: (url) => wakeOrigin(URL.canParse(url) ? new URL(url).origin : url),
    forget(subscriptionId) {
      for (const [key, lane] of lanes) {
        if (lane.subscriptionId !== subscriptionId) continue
        lanes.delete(key)
        lane.cancelPause()
      }
      for (let left = sizes.get(subscriptionId) ?? 0; left > 0; left--) count(subscriptionId, -1)
    },
    redrive(id) {
      const letter = deliveries.deadLetter(id)
      if (!letter) return false
      const { subscriptionId, url, topic, body, receivedAtMs } = letter
      void batch
        .add(() =>
          // asked for twice, it is sent once
          deliveries.forget(id) === 1 ? deliveries.add({ subscriptionId, url, topic, body, receivedAtMs }) : undefined,
        )
        .then((delivery) => {
          if (!delivery) return
          count(subscriptionId, 1)
          send(delivery)
        })
      return true
    },
    async close(timeoutMs) {
      isClosed = true
      for (const lane of lanes.values()) lane.cancelPause()
      let cancel = () => {}
      const late = new Promise<void>((resolve) => {
        cancel = clock.after(timeoutMs, resolve)
      })
      await Promise.race([Promise.all(underway), late])
      cancel()
    },
  }
}
