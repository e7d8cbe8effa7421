import { parseSharedSubscription } from '#contract/topic-filter.ts'
import type { Message } from '../message.ts'
import { createTopicIndex } from '../routing/topic-index.ts'
import type { Session } from './session.ts'
import type { StoredSubscription } from './session-store.ts'
import { createSharedGroup, type SharedGroup, type SharedGroupSources } from './shared-group.ts'

/** All shared subscriptions: one group for each pair of name and filter. */
export type SharedGroups = {
  /** Why this session cannot join; undefined when it can. */
  findProblem(filter: string, session: Session): string | undefined
  join(session: Session, subscription: StoredSubscription): void
  leave(session: Session, filter: string): void
  /** Hands one copy to each group whose filter matches. */
  deliver(message: Message): void
  /** The client of a session is online: its groups may hand it what waits. */
  wake(session: Session): void
  /** Forgets stored queues whose members are gone. */
  forgetOrphans(): void
  close(): void
}

export function createSharedGroups(sources: SharedGroupSources): SharedGroups {
  const { store, limits } = sources
  const groups = new Map<string, SharedGroup>()
  const index = createTopicIndex<SharedGroup, undefined>()
  const restored = new Map(store.sharedQueues().map(({ group, queue }) => [group, queue]))

  function create(filter: string): SharedGroup {
    const group = createSharedGroup(filter, sources, restored.get(filter) ?? [])
    restored.delete(filter)
    groups.set(filter, group)
    index.add(topicFilterOf(filter), group, undefined)
    return group
  }

  return {
    findProblem(filter, session) {
      if (session.subscriptions.has(filter)) return undefined
      const group = groups.get(filter)
      if (!group && groups.size >= limits.maxSharedGroups) {
        return `an account has at most ${limits.maxSharedGroups} shared subscriptions`
      }
      if (group && group.size >= limits.maxSubscriptionsPerSharedGroup) {
        return `a shared subscription has at most ${limits.maxSubscriptionsPerSharedGroup} members`
      }
      return undefined
    },
    join(session, subscription) {
      const group = groups.get(subscription.filter) ?? create(subscription.filter)
      group.join(session, subscription)
    },
    leave(session, filter) {
      const group = groups.get(filter)
      if (!group) return
      group.leave(session)
      if (group.size > 0) return
      groups.delete(filter)
      index.remove(topicFilterOf(filter), group)
    },
    deliver(message) {
      if (groups.size > 0) index.match(message.topic, (group) => group.deliver(message))
    },
    wake(session) {
      if (groups.size === 0) return
      for (const filter of session.subscriptions.keys()) groups.get(filter)?.wake()
    },
    forgetOrphans() {
      for (const group of restored.keys()) store.deleteSharedQueue(group)
      restored.clear()
    },
    close() {
      for (const group of groups.values()) group.close()
    },
  }
}

function topicFilterOf(filter: string): string {
  return parseSharedSubscription(filter)?.filter ?? filter
}
