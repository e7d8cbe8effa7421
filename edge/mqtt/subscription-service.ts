import { matchesTopic } from '#contract/index.ts'
import type { Clock } from '#device/index.ts'
import type { CallbackPolicy } from '../callbacks/callback-policy.ts'
import type { CallbackQueue } from '../callbacks/callback-queue.ts'
import { edgeError } from '../errors/edge-error.ts'
import type { Log } from '../logging/log.ts'
import type { EdgeStore } from '../store/edge-store.ts'
import type { Subscription, SubscriptionKind } from '../store/subscription-table.ts'
import { compileShellPattern } from '../topics/shell-pattern.ts'
import type { TopicAccess } from '../topics/topic-access.ts'
import { firstOf } from './first-of.ts'
import type { IncomingMessage } from './incoming-message.ts'
import type { CallbackTarget, Intake } from './intake.ts'
import type { FilterState, TopicHub } from './topic-hub.ts'

export interface SubscriptionRequest {
  kind: SubscriptionKind
  filter: string
  callbackUrl?: string | null | undefined
}

export interface SubscriptionInfo extends Subscription {
  readonly state: FilterState
  readonly problem: string | undefined
}

/** What programs have subscribed to. It outlives the process. */
export interface SubscriptionService {
  /**
   * Subscribes; the same again changes nothing. Waits for the broker for a moment. Rejects with callback_forbidden, subscriptions_full,
   * what the topic's checks throw, and subscribe_refused; nothing is kept then.
   */
  subscribe(request: SubscriptionRequest): Promise<{ subscription: Subscription; state: FilterState }>
  /** Ends the subscriptions of a filter, or the one with this callback. Resolves to how many there were. */
  unsubscribe(request: SubscriptionRequest): Promise<number>
  list(): SubscriptionInfo[]
  /** Whether callbacks get the messages of this topic. */
  hasCallback(topic: string): boolean
}

export interface SubscriptionServiceOptions {
  store: EdgeStore
  hub: TopicHub
  access: TopicAccess
  intake: Intake
  queue: CallbackQueue
  policy: CallbackPolicy
  callbacksEnabled: boolean
  maxSubscriptions: number
  answerWithinMs: number
  isConnected: () => boolean
  clock: Clock
  log: Log
}

interface Active {
  readonly subscription: Subscription
  readonly matches: ((topic: string) => boolean) | undefined
}

interface Filter {
  readonly subscriptions: Set<Subscription>
  readonly remove: () => Promise<void>
}

export function createSubscriptionService(options: SubscriptionServiceOptions): SubscriptionService {
  const { store, hub, access, intake, queue, policy, clock, log } = options
  const active = new Map<string, Active>()
  const filters = new Map<string, Filter>()

  const keyOf = ({ kind, filter, callbackUrl }: Omit<Subscription, 'id'>) => `${kind} ${filter} ${callbackUrl ?? ''}`

  function targetsOf(subscriptions: Iterable<Subscription>): CallbackTarget[] {
    if (!options.callbacksEnabled) return []
    return [...subscriptions].flatMap(({ id: subscriptionId, callbackUrl: url }) =>
      url === undefined ? [] : [{ subscriptionId, url }],
    )
  }

  function start(subscription: Subscription): void {
    const { kind, filter } = subscription
    const matches = kind === 'pattern' ? compileShellPattern(filter) : undefined
    active.set(keyOf(subscription), { subscription, matches })
    if (matches) return
    let entry = filters.get(filter)
    if (!entry) {
      const subscriptions = new Set<Subscription>()
      const consume = (message: IncomingMessage) => {
        const targets = targetsOf(subscriptions)
        return targets.length === 0 ? undefined : intake.keep(message, targets, filter)
      }
      entry = { subscriptions, remove: hub.add(filter, consume) }
      filters.set(filter, entry)
    }
    entry.subscriptions.add(subscription)
  }

  /** Patterns filter what comes anyway, and are served after the filters. */
  function consumeByPattern(message: IncomingMessage): Promise<void> | undefined {
    const matching = [...active.values()].filter(({ matches }) => matches?.(message.topic))
    const targets = targetsOf(matching.map(({ subscription }) => subscription))
    return targets.length === 0 ? undefined : intake.keep(message, targets, '')
  }

  async function end(subscription: Subscription): Promise<void> {
    const { id, filter, kind } = subscription
    active.delete(keyOf(subscription))
    store.subscriptions.remove(id)
    queue.forget(id)
    const entry = filters.get(filter)
    if (kind === 'pattern' || !entry) return
    entry.subscriptions.delete(subscription)
    if (entry.subscriptions.size > 0) return
    filters.delete(filter)
    await entry.remove()
  }

  hub.addForAll(consumeByPattern)
  for (const subscription of store.subscriptions.all()) start(subscription)

  function requested({ kind, filter, callbackUrl }: SubscriptionRequest): Omit<Subscription, 'id'> {
    if (callbackUrl !== undefined && callbackUrl !== null) policy.check(callbackUrl)
    if (kind === 'topic') access.subscribe(filter)
    return { kind, filter, callbackUrl: callbackUrl ?? undefined }
  }

  return {
    async subscribe(request) {
      const wanted = requested(request)
      const known = active.get(keyOf(wanted))
      if (wanted.callbackUrl !== undefined) {
        // whoever subscribes again has come back
        queue.wake(wanted.callbackUrl)
        if (!options.callbacksEnabled) log({ level: 'warn', event: 'callbacks_disabled', filter: wanted.filter })
      }
      if (!known && active.size >= options.maxSubscriptions)
        throw edgeError('subscriptions_full', { limit: options.maxSubscriptions })
      const subscription = known?.subscription ?? store.subscriptions.add(wanted, clock.nowMs())
      if (!known) start(subscription)
      if (wanted.kind === 'pattern') return { subscription, state: 'granted' }
      try {
        const waitMs = options.isConnected() ? options.answerWithinMs : 0
        const granted = hub.granted(wanted.filter).then(() => true)
        return { subscription, state: (await firstOf(granted, waitMs, clock)) ? 'granted' : 'pending' }
      } catch (error) {
        // another call has ended it meanwhile: one after the other, both have done what was asked
        if (active.get(keyOf(wanted))?.subscription !== subscription) return { subscription, state: 'pending' }
        // what was granted before is kept: the rights may come back
        if (!known) await end(subscription)
        throw error
      }
    },
    async unsubscribe({ kind, filter, callbackUrl }) {
      const ended = [...active.values()].filter(({ subscription }) => {
        const isSame = subscription.kind === kind && subscription.filter === filter
        return isSame && (callbackUrl === undefined || (callbackUrl ?? undefined) === subscription.callbackUrl)
      })
      await Promise.all(ended.map(({ subscription }) => end(subscription)))
      return ended.length
    },
    list() {
      const states = new Map(hub.filters().map((one) => [one.filter, one]))
      return [...active.values()].map(({ subscription }) => {
        const { state = 'granted', problem } = (subscription.kind === 'topic' && states.get(subscription.filter)) || {}
        return { ...subscription, state, problem }
      })
    },
    hasCallback(topic) {
      if (!options.callbacksEnabled) return false
      return [...active.values()].some(
        ({ subscription: { filter, callbackUrl }, matches }) =>
          callbackUrl !== undefined && (matches ? matches(topic) : matchesTopic(filter, topic)),
      )
    },
  }
}
