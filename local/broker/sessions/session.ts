import type { Clock } from '../../state/index.ts'
import type { BrokerChoices } from '../choices.ts'
import type { BrokerLimits } from '../limits.ts'
import { isExpired, type Message, type ProtocolVersion } from '../message.ts'
import type { BrokerObserver } from '../observer.ts'
import type { LogEntry } from '../options.ts'
import { createRateLimiter, type RateLimiter } from '../rates/rate-limiter.ts'
import { type Delivery, type DirectDelivery, isDirect, type Outlet } from './delivery.ts'
import { createDeliveryQueue, type DeliveryQueue } from './delivery-queue.ts'
import { createRedeliveryLimit } from './redelivery-limit.ts'
import type { SessionStore, StoredDelivery, StoredSubscription } from './session-store.ts'

/** The state of one client id: subscriptions and the messages it has not acknowledged. */
export type Session = {
  /** UUID that exists as long as the session does. */
  readonly id: string
  readonly clientId: string
  readonly protocolVersion: ProtocolVersion
  /** Life after the connection ended; 0: ends with it. */
  expirySeconds: number
  /** Tells whether the store holds this session. */
  persistent: boolean
  readonly subscriptions: Map<string, StoredSubscription>
  /** Tells whether a QoS 1 message can be taken: room is left, and a client is there or will come back. */
  readonly accepting: boolean
  readonly connected: boolean
  /** Milliseconds until a member of a shared subscription can take a message; undefined while its client is away. */
  readonly readyInMs: number | undefined
  /** QoS 0 is sent now or dropped; QoS 1 is sent in order as window and rates allow. */
  deliver(delivery: Delivery): void
  /** Sends now or not at all, past what waits. `busy`: the client has as much unacknowledged as it takes. */
  sendDirect(delivery: DirectDelivery): 'sent' | 'notConnected' | 'forbidden' | 'tooLarge' | 'busy'
  /** Returns false for an identifier that is not in flight. */
  acknowledge(packetId: number): boolean
  attach(outlet: Outlet): void
  /** What was in flight is sent again to the next outlet; what belongs to a shared subscription goes back to it. */
  detach(): void
  /** Sends what waits, as far as window, rates and socket allow. */
  flush(): void
  /** The store no longer holds this session. */
  forgetPositions(): void
}

export type SessionSources = {
  store: SessionStore
  clock: Clock
  limits: BrokerLimits
  choices: BrokerChoices
  newId: () => string
  log: (entry: LogEntry) => void
  observer?: BrokerObserver | undefined
}

type SessionOptions = SessionSources & {
  clientId: string
  protocolVersion: ProtocolVersion
  expirySeconds: number
  queue?: readonly StoredDelivery[]
}

/** How long a member whose queue is full is left alone. */
const FULL_PAUSE_MS = 1_000
const UNACKNOWLEDGED = 'not acknowledged in time'

export function createSession(options: SessionOptions): Session {
  const { clientId, protocolVersion, expirySeconds, queue = [], store, clock, limits, choices, newId, log } = options
  const { observer } = options
  /** What came while the client was away. Sent at a rate of its own, beside newer messages. */
  const stored = createDeliveryQueue<Delivery>(queue.map((one) => ({ ...one, qos: 1 })))
  const waiting = createDeliveryQueue<Delivery>()
  const redelivery = createRedeliveryLimit({
    limitMs: (protocolVersion === 5 ? limits.redeliverySecondsV5 : limits.redeliverySecondsV4) * 1_000,
    clock,
    inFlight: () => outlet?.window.unsettled() ?? [],
    onEnd: giveUp,
  })
  let outlet: Outlet | undefined
  let replayRate: RateLimiter = createRateLimiter(limits.maxStoredReplayPerSecond, clock)
  let cancelWake: (() => void) | undefined
  /** One log line for a run of drops, not one for each. */
  let dropping = ''

  function done(delivery: Delivery): void {
    if (delivery.owner) delivery.owner.settle(delivery)
    else if (delivery.position !== undefined) store.dequeue(delivery.position)
  }

  function drop(delivery: Delivery, reason: string): void {
    done(delivery)
    log({ level: 'debug', event: 'delivery_dropped', clientId, topic: delivery.message.topic, reason })
    observer?.dropped(delivery.message, { clientId, reason })
  }

  function giveUp(): void {
    for (const delivery of outlet?.window.settleWhere(redelivery.isOver) ?? []) drop(delivery, UNACKNOWLEDGED)
    flush()
  }

  /** Tells whether the message may still go to this client; drops it otherwise. */
  function isDeliverable(delivery: Delivery, to: Outlet): boolean {
    if (isExpired(delivery.message, clock.nowMs())) drop(delivery, 'the message has expired')
    else if (redelivery.isOver(delivery)) drop(delivery, UNACKNOWLEDGED)
    else if (to.mayReceive(delivery.message)) return true
    else done(delivery)
    return false
  }

  function tellDropping(event: string, reason: string, message: Message): void {
    observer?.dropped(message, { clientId, reason })
    if (dropping !== event) log({ level: 'warn', event, clientId, reason })
    dropping = event
  }

  function sendNow(delivery: Delivery, to: Outlet): void {
    if (to.congested) {
      tellDropping('slow_consumer', 'QoS 0 messages are dropped', delivery.message)
    } else if (isDeliverable(delivery, to)) {
      if (!takeRate(to, delivery.message)) return
      dropping = ''
      if (!to.send(delivery)) drop(delivery, 'larger than the client accepts')
    }
  }

  function takeRate(to: Outlet, message: Message): boolean {
    if (to.rate.take()) return true
    tellDropping(
      'delivery_throttled',
      `more than ${limits.maxPublishesPerSecond} messages a second are discarded`,
      message,
    )
    return false
  }

  function flush(): void {
    flushQueue(stored, replayRate)
    flushQueue(waiting)
  }

  function flushQueue(from: DeliveryQueue<Delivery>, pace?: RateLimiter): void {
    for (let next = from.peek(); next && outlet?.window.open && !outlet.congested; next = from.peek()) {
      const pauseMs = Math.max(pace?.waitMs() ?? 0, choices.overRateDelivery === 'hold' ? outlet.rate.waitMs() : 0)
      if (pauseMs > 0) {
        cancelWake ??= clock.after(pauseMs, wake)
        return
      }
      from.shift()
      if (isDeliverable(next, outlet)) sendAtLeastOnce(next, outlet, pace)
    }
  }

  function sendAtLeastOnce(delivery: Delivery, to: Outlet, pace: RateLimiter | undefined): void {
    pace?.take()
    if (!takeRate(to, delivery.message)) {
      if (delivery.owner) delivery.owner.takeBack(delivery)
      else drop(delivery, 'over the publish rate of the connection')
      return
    }
    dropping = ''
    delivery.firstSentAtMs ??= clock.nowMs()
    const packetId = to.window.add(delivery)
    redelivery.sent(delivery.firstSentAtMs)
    if (to.send(delivery, packetId)) return
    to.window.settle(packetId)
    drop(delivery, 'larger than the client accepts')
  }

  function wake(): void {
    cancelWake = undefined
    flush()
  }

  return {
    id: newId(),
    clientId,
    protocolVersion,
    expirySeconds,
    persistent: expirySeconds > 0,
    subscriptions: new Map(),
    get accepting() {
      return (
        stored.length + waiting.length < limits.maxQueuedPerSession && (outlet !== undefined || this.expirySeconds > 0)
      )
    },
    get connected() {
      return outlet !== undefined
    },
    get readyInMs() {
      if (!outlet) return undefined
      return this.accepting ? outlet.rate.waitMs() : FULL_PAUSE_MS
    },
    deliver(delivery) {
      if (delivery.qos === 1) {
        if (outlet) waiting.push(delivery)
        else stored.push(delivery)
        flush()
      } else if (outlet) {
        sendNow(delivery, outlet)
      }
    },
    sendDirect(delivery) {
      if (!outlet) return 'notConnected'
      if (!outlet.mayReceive(delivery.message)) return 'forbidden'
      if (outlet.congested || (delivery.qos === 1 && !outlet.window.open) || !outlet.rate.take()) return 'busy'
      const packetId = delivery.qos === 1 ? outlet.window.add(delivery) : undefined
      if (outlet.send(delivery, packetId)) return 'sent'
      if (packetId !== undefined) outlet.window.settle(packetId)
      return 'tooLarge'
    },
    acknowledge(packetId) {
      const delivery = outlet?.window.settle(packetId)
      if (!delivery) return false
      observer?.acknowledged(delivery.message, { clientId })
      if (isDirect(delivery)) delivery.onEnd('acknowledged')
      done(delivery)
      flush()
      return true
    },
    attach(next) {
      outlet = next
      replayRate = createRateLimiter(limits.maxStoredReplayPerSecond, clock)
      flush()
    },
    detach() {
      const unsettled = outlet?.window.unsettled() ?? []
      outlet = undefined
      cancelWake?.()
      cancelWake = undefined
      redelivery.close()
      for (const delivery of unsettled.filter(isDirect)) delivery.onEnd('notConnected')
      const left = [...unsettled.filter((delivery) => !isDirect(delivery)), ...stored.takeAll(), ...waiting.takeAll()]
      stored.putBack(left.filter(({ owner }) => !owner))
      for (const delivery of left) delivery.owner?.takeBack(delivery)
    },
    flush,
    forgetPositions() {
      stored.putBack(stored.takeAll().map(({ position: _, ...kept }) => kept))
    },
  }
}
