import type { Clock } from '../../state/index.ts'
import type { BrokerLimits } from '../limits.ts'
import { isExpired, type Message } from '../message.ts'
import type { LogEntry } from '../options.ts'
import { createRateLimiter, type RateLimiter } from '../rates/rate-limiter.ts'
import type { Delivery, DeliveryOwner } from './delivery.ts'
import { createDeliveryQueue } from './delivery-queue.ts'
import type { Session } from './session.ts'
import type { SessionStore, StoredDelivery, StoredSubscription } from './session-store.ts'

/**
 * The sessions that share one subscription. Each message goes to one member that is online, chosen at random. At QoS 1, and with a
 * persistent session among the members, messages that nobody can take now are queued.
 * https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt5-shared-subscription
 */
export type SharedGroup = {
  readonly size: number
  join(session: Session, subscription: StoredSubscription): void
  /** Once nobody is left the queue is gone. */
  leave(session: Session): void
  deliver(message: Message): void
  /** A member is online, again or newly. */
  wake(): void
  close(): void
}

export type SharedGroupSources = {
  store: SessionStore
  clock: Clock
  limits: BrokerLimits
  /** At least 0 and less than 1. */
  random: () => number
  log: (entry: LogEntry) => void
}

type Member = { session: Session; subscription: StoredSubscription; drainRate: RateLimiter }
type Waiting = { message: Message; position?: number }

/** `filter` is the whole one: `$share/<name>/<filter>`. */
export function createSharedGroup(
  filter: string,
  { store, clock, limits, random, log }: SharedGroupSources,
  restored: readonly StoredDelivery[],
): SharedGroup {
  const members = new Map<Session, Member>()
  const queue = createDeliveryQueue<Waiting>(restored.map(({ message, position }) => ({ message, position })))
  const owner: DeliveryOwner = { settle: forget, takeBack }
  let cancelDrain: (() => void) | undefined

  /** Of those that can take a message now. */
  function pickMember(mayDrain: boolean): Member | undefined {
    const ready = [...members.values()].filter(
      ({ session, drainRate }) => session.readyInMs === 0 && (!mayDrain || drainRate.waitMs() === 0),
    )
    return ready[Math.floor(random() * ready.length)]
  }

  const isDurable = () => [...members.values()].some(({ session }) => session.persistent)

  function forget({ position }: Pick<Delivery, 'position'>): void {
    if (position !== undefined) store.dequeueShared(position)
  }

  /** What is queued or in flight for a durable group survives the broker. */
  function secure(waiting: Waiting): Waiting {
    if (waiting.position !== undefined || !isDurable()) return waiting
    return { message: waiting.message, position: store.enqueueShared(filter, waiting.message) }
  }

  function hand({ message, position }: Waiting, { session, subscription }: Member): void {
    const kept = position === undefined ? {} : { position }
    if (subscription.qos === 1 && message.qos === 1) {
      session.deliver({ message, qos: 1, retain: false, ...kept, owner })
      return
    }
    session.deliver({ message, qos: 0, retain: false })
    forget(kept)
  }

  function drop(waiting: Waiting, reason: string): void {
    forget(waiting)
    log({ level: 'debug', event: 'delivery_dropped', group: filter, topic: waiting.message.topic, reason })
  }

  function takeBack({ message, position }: Delivery): void {
    const waiting = position === undefined ? { message } : { message, position }
    const member = pickMember(false)
    if (member) {
      hand(secure(waiting), member)
    } else if (isDurable()) {
      queue.putBack([secure(waiting)])
      drain()
    } else {
      drop(waiting, 'no member of the shared subscription can take it')
    }
  }

  function enqueue(message: Message): void {
    if (queue.length >= limits.maxQueuedPerSharedGroup) {
      log({ level: 'warn', event: 'queue_full', group: filter, topic: message.topic })
      return
    }
    queue.push(secure({ message }))
    drain()
  }

  function isOver({ message }: Waiting): boolean {
    if (message.expiresAtMs !== undefined) return isExpired(message, clock.nowMs())
    return clock.nowMs() >= message.receivedAtMs + limits.sharedQueueSeconds * 1_000
  }

  /** Hands out what waits, as fast as the members that are online may take it. */
  function drain(): void {
    cancelDrain?.()
    cancelDrain = undefined
    for (let next = queue.peek(); next; next = queue.peek()) {
      const member = isOver(next) ? undefined : pickMember(true)
      if (!member && !isOver(next)) break
      queue.shift()
      member?.drainRate.take()
      if (member) hand(next, member)
      else drop(next, 'the message has expired')
    }
    const waitsMs = [...members.values()].flatMap(({ session, drainRate }) =>
      session.readyInMs === undefined ? [] : Math.max(session.readyInMs, drainRate.waitMs()),
    )
    if (queue.length > 0 && waitsMs.length > 0) cancelDrain = clock.after(Math.max(1, Math.min(...waitsMs)), drain)
  }

  function close(): void {
    cancelDrain?.()
    cancelDrain = undefined
  }

  return {
    get size() {
      return members.size
    },
    join(session, subscription) {
      const { drainRate = createRateLimiter(limits.maxSharedDrainPerSecond, clock) } = members.get(session) ?? {}
      members.set(session, { session, subscription, drainRate })
    },
    leave(session) {
      members.delete(session)
      if (members.size > 0) return
      close()
      if (queue.takeAll().length > 0) store.deleteSharedQueue(filter)
    },
    deliver(message) {
      const online = [...members.values()].filter(({ session }) => session.connected)
      if (message.qos === 0) {
        const member = online[Math.floor(random() * online.length)]
        member?.session.deliver({ message, qos: 0, retain: false })
        return
      }
      const member = pickMember(false)
      if (member) hand(member.subscription.qos === 1 ? secure({ message }) : { message }, member)
      else if (isDurable()) enqueue(message)
      else drop({ message }, 'no member of the shared subscription can take it')
    },
    wake: drain,
    close,
  }
}
