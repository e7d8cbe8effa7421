import { matchesTopic } from '#contract/index.ts'
import type { Link, SubscribeFilter } from '../connection/link.ts'
import { type DeviceError, refusalError } from '../errors/index.ts'
import type { Subscriber } from './subscriber.ts'

/** Who subscribes to what, and what the broker knows of it. */
export interface Subscriptions {
  size(): number
  /**
   * Adds a subscriber to a filter; without one the filter is only subscribed to. `granted` is called once: when the broker has it, or has refused.
   */
  add(filter: FilterText, qos: 0 | 1, subscriber: Subscriber | undefined, granted: (error?: DeviceError) => void): void
  /** Takes a subscriber away, and with the last one the filter; `done` is called when the broker knows, or need not. */
  remove(filter: FilterText, subscriber: Subscriber | undefined, done: () => void): void
  isGranted(filter: FilterText): boolean
  subscribersOf(topic: string): readonly Subscriber[]
  /** A connection is there. `ready` is called when the broker knows all filters. */
  attach(link: Link, sessionPresent: boolean, ready: () => void): void
  detach(): void
  /** Filters that were asked for and had no answer. */
  unanswered(): readonly string[]
  /** Gives up these filters. */
  abandon(isAbandoned: (filter: string) => boolean, error: DeviceError): void
}

export interface FilterText {
  /** As it stands in SUBSCRIBE. */
  readonly text: string
  /** What topics are matched against: without `$share/<group>/`. */
  readonly pattern: string
}

interface Entry {
  readonly filter: FilterText
  qos: 0 | 1
  readonly subscribers: Set<Subscriber>
  /** Held without a subscriber, for replies. */
  isKept: boolean
  state: 'new' | 'asked' | 'granted'
  waiting: ((error?: DeviceError) => void)[]
}

/** AWS IoT Core takes so many in one SUBSCRIBE. https://docs.aws.amazon.com/general/latest/gr/iot-core.html */
const MAX_FILTERS_PER_PACKET = 8
/** Names arrive from outside, so what is remembered of them is bounded. */
const MAX_MATCHES = 1_000

export function createSubscriptions(onLost: (filter: string, error: DeviceError) => void): Subscriptions {
  const entries = new Map<string, Entry>()
  /** Filters that a kept session may still have. */
  const gone = new Set<string>()
  const matches = new Map<string, readonly Subscriber[]>()
  let link: Link | undefined
  let isAsking = false

  /** Asks for what is new once all calls of this moment are made, so that one packet carries several. */
  function askSoon(): void {
    if (isAsking || !link) return
    isAsking = true
    queueMicrotask(() => {
      isAsking = false
      ask(() => {})
    })
  }

  function ask(ready: () => void): void {
    const unasked = [...entries.values()].filter(({ state }) => state === 'new')
    if (!link || unasked.length === 0) {
      ready()
      return
    }
    let open = Math.ceil(unasked.length / MAX_FILTERS_PER_PACKET)
    for (let index = 0; index < unasked.length; index += MAX_FILTERS_PER_PACKET) {
      subscribe(link, unasked.slice(index, index + MAX_FILTERS_PER_PACKET), () => {
        open -= 1
        if (open === 0) ready()
      })
    }
  }

  function subscribe(on: Link, batch: readonly Entry[], done: () => void): void {
    for (const entry of batch) entry.state = 'asked'
    const filters: SubscribeFilter[] = batch.map(({ filter, qos }) => ({ filter: filter.text, qos }))
    on.subscribe(filters, (codes) => {
      // without an answer the connection is gone: the next one asks again
      if (!codes || on !== link) return
      for (const [index, entry] of batch.entries()) answer(entry, codes[index] ?? 0x80)
      done()
    })
  }

  function answer(entry: Entry, code: number): void {
    if (code >= 0x80) {
      refuse(entry, refusalError('subscribe_refused', { filter: entry.filter.text }, code))
      return
    }
    const waiting = entry.waiting
    entry.waiting = []
    entry.state = 'granted'
    for (const granted of waiting) granted()
  }

  function refuse(entry: Entry, error: DeviceError): void {
    const waiting = entry.waiting
    entry.waiting = []
    entries.delete(entry.filter.text)
    matches.clear()
    for (const granted of waiting) granted(error)
    if (waiting.length === 0) onLost(entry.filter.text, error)
  }

  function drop(filter: string, done: () => void): void {
    entries.delete(filter)
    if (!link) {
      gone.add(filter)
      done()
      return
    }
    link.unsubscribe([filter], done)
  }

  return {
    size() {
      return entries.size
    },
    add(filter, qos, subscriber, granted) {
      let entry = entries.get(filter.text)
      if (!entry) {
        entry = { filter, qos, subscribers: new Set(), isKept: false, state: 'new', waiting: [] }
        entries.set(filter.text, entry)
        gone.delete(filter.text)
      }
      if (qos > entry.qos) Object.assign(entry, { qos, state: 'new' })
      if (subscriber) entry.subscribers.add(subscriber)
      else entry.isKept = true
      matches.clear()
      if (entry.state === 'granted') {
        granted()
        return
      }
      entry.waiting.push(granted)
      askSoon()
    },
    remove(filter, subscriber, done) {
      const entry = entries.get(filter.text)
      if (subscriber) entry?.subscribers.delete(subscriber)
      else if (entry) entry.isKept = false
      matches.clear()
      if (!entry || entry.isKept || entry.subscribers.size > 0) done()
      else drop(filter.text, done)
    },
    isGranted: (filter) => entries.get(filter.text)?.state === 'granted',
    subscribersOf(topic) {
      const known = matches.get(topic)
      if (known) return known
      const found = [...entries.values()]
        .filter(({ filter }) => matchesTopic(filter.pattern, topic))
        .flatMap(({ subscribers }) => [...subscribers])
      if (matches.size >= MAX_MATCHES) matches.clear()
      matches.set(topic, found)
      return found
    },
    attach(next, sessionPresent, ready) {
      link = next
      for (const entry of entries.values()) if (!sessionPresent || entry.state === 'asked') entry.state = 'new'
      const stale = [...gone]
      gone.clear()
      if (sessionPresent && stale.length > 0) next.unsubscribe(stale, () => {})
      ask(ready)
    },
    detach() {
      link = undefined
    },
    unanswered: () => [...entries.values()].filter(({ state }) => state === 'asked').map(({ filter }) => filter.text),
    abandon(isAbandoned, error) {
      for (const entry of [...entries.values()]) if (isAbandoned(entry.filter.text)) refuse(entry, error)
    },
  }
}
