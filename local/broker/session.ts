import type { Clock } from '../state/index.ts'
import { createDeliveryQueue } from './delivery-queue.ts'
import type { DeliveryWindow } from './delivery-window.ts'
import { isExpired, type Message, type ProtocolVersion, type QoS } from './message.ts'
import type { LogEntry } from './options.ts'
import type { SessionStore, StoredDelivery, StoredSubscription } from './session-store.ts'

/** One message on its way to one client. Has a position when the store holds it. */
export type Delivery = { message: Message; qos: QoS; retain: boolean; position?: number }

/** The way to a connected client. */
export type Outlet = {
  readonly window: DeliveryWindow<Delivery>
  /** The socket has not taken what was written before. */
  readonly congested: boolean
  mayReceive(topic: string): boolean
  /** Returns false when the client accepts no packet of that size; nothing is sent then. */
  send(delivery: Delivery, packetId?: number): boolean
}

/** The state of one client id: subscriptions and the messages it has not acknowledged. */
export type Session = {
  readonly clientId: string
  readonly protocolVersion: ProtocolVersion
  /** Life after the connection ended; 0: ends with it. */
  expirySeconds: number
  /** Tells whether the store holds this session. */
  persistent: boolean
  readonly subscriptions: Map<string, StoredSubscription>
  /** Tells whether a QoS 1 message can be taken: room is left, and a client is there or will come back. */
  readonly accepting: boolean
  /** QoS 0 is sent now or dropped; QoS 1 is sent in order as the window allows. */
  deliver(delivery: Delivery): void
  /** Returns false for an identifier that is not in flight. */
  acknowledge(packetId: number): boolean
  attach(outlet: Outlet): void
  /** What was in flight is sent again to the next outlet. */
  detach(): void
  /** Sends what waits, as far as window and socket allow. */
  flush(): void
  /** The store no longer holds this session. */
  forgetPositions(): void
}

type SessionOptions = {
  clientId: string
  protocolVersion: ProtocolVersion
  expirySeconds: number
  queue?: readonly StoredDelivery[]
  store: SessionStore
  clock: Clock
  maxQueued: number
  log: (entry: LogEntry) => void
}

export function createSession(options: SessionOptions): Session {
  const { clientId, protocolVersion, expirySeconds, queue = [], store, clock, maxQueued, log } = options
  const waiting = createDeliveryQueue<Delivery>(queue.map((stored) => ({ ...stored, qos: 1 })))
  let outlet: Outlet | undefined
  /** One log line for a run of drops, not one for each. */
  let dropping = false

  function done(delivery: Delivery): void {
    if (delivery.position !== undefined) store.dequeue(delivery.position)
  }

  function drop(delivery: Delivery, reason: string): void {
    done(delivery)
    log({ level: 'debug', event: 'delivery_dropped', clientId, topic: delivery.message.topic, reason })
  }

  /** Tells whether the message may still go to this client; drops it otherwise. */
  function isDeliverable(delivery: Delivery, to: Outlet): boolean {
    if (isExpired(delivery.message, clock.nowMs())) drop(delivery, 'the message has expired')
    else if (to.mayReceive(delivery.message.topic)) return true
    else done(delivery)
    return false
  }

  function sendNow(delivery: Delivery, to: Outlet): void {
    if (to.congested) {
      if (!dropping) log({ level: 'warn', event: 'slow_consumer', clientId, reason: 'QoS 0 messages are dropped' })
      dropping = true
      return
    }
    dropping = false
    if (isDeliverable(delivery, to) && !to.send(delivery)) drop(delivery, 'larger than the client accepts')
  }

  function flush(): void {
    for (let next = waiting.peek(); next && outlet?.window.open && !outlet.congested; next = waiting.peek()) {
      waiting.shift()
      if (!isDeliverable(next, outlet)) continue
      const packetId = outlet.window.add(next)
      if (outlet.send(next, packetId)) continue
      outlet.window.settle(packetId)
      drop(next, 'larger than the client accepts')
    }
  }

  return {
    clientId,
    protocolVersion,
    expirySeconds,
    persistent: expirySeconds > 0,
    subscriptions: new Map(),
    get accepting() {
      return waiting.length < maxQueued && (outlet !== undefined || this.expirySeconds > 0)
    },
    deliver(delivery) {
      if (delivery.qos === 1) {
        waiting.push(delivery)
        flush()
      } else if (outlet) {
        sendNow(delivery, outlet)
      }
    },
    acknowledge(packetId) {
      const delivery = outlet?.window.settle(packetId)
      if (!delivery) return false
      done(delivery)
      flush()
      return true
    },
    attach(next) {
      outlet = next
      flush()
    },
    detach() {
      if (outlet) waiting.putBack(outlet.window.unsettled())
      outlet = undefined
    },
    flush,
    forgetPositions() {
      const deliveries: Delivery[] = []
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const { position: _, ...kept } = next
        deliveries.push(kept)
      }
      waiting.putBack(deliveries)
    },
  }
}
