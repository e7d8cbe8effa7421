import type { Message } from '../message.ts'
import type { SessionStore, StoredDelivery, StoredSession, StoredSubscription } from './session-store.ts'

type Entry = {
  session: StoredSession
  subscriptions: Map<string, StoredSubscription>
  queue: Map<number, StoredDelivery>
}

/** A session store that lasts as long as the process: for tests and throwaway runs. */
export function createMemorySessionStore(): SessionStore {
  const entries = new Map<string, Entry>()
  const ownerOf = new Map<number, Entry>()
  const retained = new Map<string, Message>()
  const shared = new Map<number, { group: string; message: Message }>()
  let lastPosition = 0

  function append(entry: Entry, message: Message, retain: boolean): number {
    lastPosition += 1
    entry.queue.set(lastPosition, { position: lastPosition, message, retain })
    ownerOf.set(lastPosition, entry)
    return lastPosition
  }

  return {
    saveSession(session) {
      const entry = entries.get(session.clientId)
      if (entry) entry.session = session
      else entries.set(session.clientId, { session, subscriptions: new Map(), queue: new Map() })
    },
    deleteSession(clientId) {
      for (const position of entries.get(clientId)?.queue.keys() ?? []) ownerOf.delete(position)
      entries.delete(clientId)
    },
    saveSubscriptions(clientId, subscriptions) {
      const entry = entries.get(clientId)
      for (const subscription of subscriptions) entry?.subscriptions.set(subscription.filter, subscription)
    },
    deleteSubscriptions(clientId, filters) {
      for (const filter of filters) entries.get(clientId)?.subscriptions.delete(filter)
    },
    enqueue(clientIds, message, retain) {
      const targets = clientIds.map((clientId) => {
        const entry = entries.get(clientId)
        if (!entry) throw new Error(`no stored session of client ${clientId}`)
        return entry
      })
      return targets.map((entry) => append(entry, message, retain))
    },
    dequeue(position) {
      ownerOf.get(position)?.queue.delete(position)
      ownerOf.delete(position)
    },
    enqueueShared(group, message) {
      lastPosition += 1
      shared.set(lastPosition, { group, message })
      return lastPosition
    },
    dequeueShared(position) {
      shared.delete(position)
    },
    deleteSharedQueue(group) {
      for (const [position, entry] of shared) if (entry.group === group) shared.delete(position)
    },
    sharedQueues() {
      const queues = Map.groupBy(shared, ([, { group }]) => group)
      return [...queues].map(([group, entries]) => ({
        group,
        queue: entries.map(([position, { message }]) => ({ position, message, retain: false })),
      }))
    },
    saveRetained(message) {
      retained.set(message.topic, message)
    },
    deleteRetained(topic) {
      retained.delete(topic)
    },
    sessions: () =>
      [...entries.values()].map(({ session, subscriptions, queue }) => ({
        ...session,
        subscriptions: [...subscriptions.values()],
        queue: [...queue.values()],
      })),
    retained: () => [...retained.values()],
  }
}
