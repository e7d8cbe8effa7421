import { matchesTopic } from '#contract/index.ts'
import type { Bridge, Clock, Message, Stop } from '#device/index.ts'
import type { Log } from '../logging/log.ts'
import { isEnveloped } from '../topics/edge-contract.ts'
import type { TopicAccess } from '../topics/topic-access.ts'
import { type IncomingMessage, incomingMessage } from './incoming-message.ts'

/** Resolves once the message needs no more to be kept by the broker; a rejection leaves it there. Undefined: at once. */
export type Consumer = (message: IncomingMessage) => Promise<unknown> | undefined

/**
 * The subscriptions of the device connection. Each filter is subscribed to once, however many consumers it has; a message is acknowledged when
 * all of them are done with it.
 */
export interface TopicHub {
  /**
   * Adds a consumer of a filter. Returns what removes it; with the last consumer the subscription ends.
   */
  add(filter: string, consumer: Consumer): () => Promise<void>
  /** Settles with the broker's answer to a filter that has a consumer, or with why it was not asked. One that was refused is asked for again. */
  granted(filter: string): Promise<void>
  /** Calls a consumer with every message that comes for whatever filter, once. */
  addForAll(consumer: Consumer): () => void
  /** Filters with what became of them. */
  filters(): { filter: string; state: FilterState; problem: string | undefined }[]
  /** Asks again for what was refused: rights may have changed. */
  retryRefused(): void
}

export type FilterState = 'pending' | 'granted' | 'refused'

interface Entry {
  readonly filter: string
  readonly consumers: Set<Consumer>
  state: FilterState
  problem: string | undefined
  stop: Promise<Stop> | undefined
  granted: Promise<void>
  /** Aborted when nobody wants it any more. */
  readonly given: AbortController
}

/** Names arrive from outside, so what is remembered of them is bounded. */
const MAX_REMEMBERED = 1_000

export function createTopicHub(options: {
  bridge: Bridge
  access: TopicAccess
  clock: Clock
  log: Log
  onReceived(message: IncomingMessage): void
}): TopicHub {
  const { bridge, access, clock, log } = options
  const entries = new Map<string, Entry>()
  const forAll = new Set<Consumer>()
  /** By topic: the first filter that matches it. */
  const first = new Map<string, string>()

  function open(entry: Entry): void {
    const { filter } = entry
    entry.state = 'pending'
    entry.problem = undefined
    // a promise, so that a refusal of our own looks like one of the broker
    entry.stop = new Promise<void>((resolve) => {
      access.subscribe(filter)
      resolve()
    }).then(() => subscribe(entry))
    entry.granted = entry.stop.then(
      () => {
        entry.state = 'granted'
        first.clear()
        log({ level: 'debug', event: 'subscribed', filter })
      },
      (error: unknown) => {
        if (entry.given.signal.aborted) throw error
        entry.state = 'refused'
        entry.problem = error instanceof Error ? error.message : String(error)
        log({ level: 'warn', event: 'subscription_refused', filter, problem: entry.problem })
        throw error
      },
    )
    // nobody may be waiting
    entry.granted.catch(() => {})
  }

  /** Waits for the broker as long as it takes: offline, the subscription is asked for with the next connection. */
  function subscribe(entry: Entry): Promise<Stop> {
    const { filter } = entry
    const isWildcard = /[+#]/.test(filter)
    const receive = (delivered: unknown, message: Message) => {
      const payload = isWildcard ? (delivered as { payload: unknown }).payload : delivered
      handOut(entry, incomingMessage(payload, message, clock.nowMs()), message)
    }
    const { key, params } = isWildcard ? { key: undefined, params: {} } : access.subscribe(filter)
    const subscribeOptions = {
      acknowledge: 'manual',
      qos: 1,
      timeoutMs: Number.POSITIVE_INFINITY,
      signal: entry.given.signal,
      ...(isWildcard && { absolute: true }),
      ...(isEnveloped(key) && { params }),
    } as const
    return bridge.on((isEnveloped(key) ? key : filter) as never, receive as never, subscribeOptions)
  }

  function handOut(entry: Entry, incoming: IncomingMessage, message: Message): void {
    const isFirst = firstFilterOf(incoming.topic) === entry.filter
    if (isFirst) options.onReceived(incoming)
    const consumers = isFirst ? [...entry.consumers, ...forAll] : [...entry.consumers]
    const unfinished = consumers.flatMap((consumer) => consumer(incoming) ?? [])
    if (unfinished.length === 0) {
      message.acknowledge()
      return
    }
    Promise.all(unfinished).then(
      () => message.acknowledge(),
      (error: unknown) => {
        const problem = error instanceof Error ? error.message : String(error)
        log({ level: 'error', event: 'message_not_kept', topic: incoming.topic, problem })
      },
    )
  }

  function firstFilterOf(topic: string): string | undefined {
    const known = first.get(topic)
    if (known !== undefined) return known
    const found = [...entries.values()].find(({ filter, state }) => state !== 'refused' && matchesTopic(filter, topic))
    if (first.size >= MAX_REMEMBERED) first.clear()
    if (found) first.set(topic, found.filter)
    return found?.filter
  }

  async function remove(entry: Entry, consumer: Consumer): Promise<void> {
    entry.consumers.delete(consumer)
    if (entry.consumers.size > 0 || entries.get(entry.filter) !== entry) return
    entries.delete(entry.filter)
    first.clear()
    if (entry.state === 'pending') entry.given.abort()
    const stop = await entry.stop?.catch(() => undefined)
    await stop?.({ wait: false })
  }

  return {
    add(filter, consumer) {
      let entry = entries.get(filter)
      if (!entry) {
        entry = {
          filter,
          consumers: new Set(),
          state: 'pending',
          problem: undefined,
          stop: undefined,
          granted: Promise.resolve(),
          given: new AbortController(),
        }
        entries.set(filter, entry)
        first.clear()
        open(entry)
      }
      entry.consumers.add(consumer)
      const added = entry
      return () => remove(added, consumer)
    },
    granted(filter) {
      const entry = entries.get(filter)
      if (entry?.state === 'refused') open(entry)
      return entry?.granted ?? Promise.resolve()
    },
    addForAll(consumer) {
      forAll.add(consumer)
      return () => void forAll.delete(consumer)
    },
    filters: () => [...entries.values()].map(({ filter, state, problem }) => ({ filter, state, problem })),
    retryRefused() {
      for (const entry of entries.values()) if (entry.state === 'refused') open(entry)
    },
  }
}
