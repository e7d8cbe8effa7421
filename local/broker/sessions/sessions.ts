import type { Message, ProtocolVersion, QoS } from '../message.ts'
import { createTopicIndex } from '../routing/topic-index.ts'
import type { Outlet } from './delivery.ts'
import { createSession, type Session, type SessionSources } from './session.ts'
import type { RestoredSession, StoredSubscription } from './session-store.ts'
import { createSharedGroups } from './shared-groups.ts'

type OpenRequest = {
  clientId: string
  protocolVersion: ProtocolVersion
  cleanStart: boolean
  expirySeconds: number
}

/** All sessions and their subscriptions, in memory and in the store. */
export type Sessions = {
  /** Gives a connecting client its session: the one it left, or a new one. */
  open(request: OpenRequest): { session: Session; present: boolean }
  /** The client of a session is online: what waits for it is sent. */
  attach(session: Session, outlet: Outlet): void
  /** The connection of a session ended: starts its expiry, or ends it. */
  release(session: Session): void
  discard(session: Session): void
  /** The session of a client id, connected or kept. */
  find(clientId: string): Session | undefined
  /** Why a quota of shared subscriptions refuses this one; undefined when none does. */
  findSharedProblem(session: Session, filter: string): string | undefined
  /** Shared subscriptions hand out what waits only with `wakeShared`, after the SUBACK. */
  subscribe(session: Session, subscriptions: readonly StoredSubscription[]): void
  wakeShared(session: Session): void
  unsubscribe(session: Session, filters: readonly string[]): void
  /** Sessions that get a message, each with the highest QoS of its matching subscriptions. */
  matching(topic: string, senderId: string): Map<Session, QoS>
  /** Gives each shared subscription that matches its copy. */
  deliverShared(message: Message): void
  /** Stops all timers. Sessions stay in the store. */
  close(): void
}

type SessionsOptions = SessionSources & { random: () => number }

/** Restores what the store holds. A session whose broker died is taken as disconnected now. */
export function createSessions(options: SessionsOptions): Sessions {
  const { store, clock, log } = options
  const sessions = new Map<string, Session>()
  const cancelExpiryOf = new Map<string, () => void>()
  const index = createTopicIndex<Session, StoredSubscription>()
  const groups = createSharedGroups(options)

  for (const stored of store.sessions()) restore(stored)
  groups.forgetOrphans()

  function restore(stored: RestoredSession): void {
    const nowMs = clock.nowMs()
    const disconnectedAtMs = stored.disconnectedAtMs ?? nowMs
    const remainingMs = disconnectedAtMs + stored.expirySeconds * 1_000 - nowMs
    if (remainingMs <= 0) {
      store.deleteSession(stored.clientId)
      return
    }
    const session = create(stored)
    for (const subscription of stored.subscriptions) addSubscription(session, subscription)
    if (stored.disconnectedAtMs === undefined) saveSession(session, nowMs)
    scheduleExpiry(session, remainingMs)
  }

  function create(from: OpenRequest | RestoredSession): Session {
    const { clientId, protocolVersion, expirySeconds } = from
    const queue = 'queue' in from ? from.queue : []
    const session = createSession({ ...options, clientId, protocolVersion, expirySeconds, queue })
    sessions.set(clientId, session)
    return session
  }

  function saveSession({ clientId, protocolVersion, expirySeconds }: Session, disconnectedAtMs?: number): void {
    const record = { clientId, protocolVersion, expirySeconds }
    store.saveSession(disconnectedAtMs === undefined ? record : { ...record, disconnectedAtMs })
  }

  function addSubscription(session: Session, subscription: StoredSubscription): void {
    if (isShared(subscription.filter)) groups.join(session, subscription)
    else index.add(subscription.filter, session, subscription)
    session.subscriptions.set(subscription.filter, subscription)
  }

  function removeSubscription(session: Session, filter: string): void {
    session.subscriptions.delete(filter)
    if (isShared(filter)) groups.leave(session, filter)
    else index.remove(filter, session)
  }

  function scheduleExpiry(session: Session, delayMs: number): void {
    const expire = () => {
      log({ level: 'info', event: 'session_expired', clientId: session.clientId })
      discard(session)
    }
    cancelExpiryOf.set(session.clientId, clock.after(delayMs, expire))
  }

  function cancelExpiry(clientId: string): void {
    cancelExpiryOf.get(clientId)?.()
    cancelExpiryOf.delete(clientId)
  }

  function discard(session: Session): void {
    cancelExpiry(session.clientId)
    if (session.persistent) store.deleteSession(session.clientId)
    session.persistent = false
    for (const filter of [...session.subscriptions.keys()]) removeSubscription(session, filter)
    if (sessions.get(session.clientId) === session) sessions.delete(session.clientId)
  }

  function resume(session: Session, expirySeconds: number): void {
    cancelExpiry(session.clientId)
    session.expirySeconds = expirySeconds
    if (expirySeconds > 0) {
      saveSession(session)
      return
    }
    // It will end with this connection, so a restart must not bring it back.
    store.deleteSession(session.clientId)
    session.persistent = false
    session.forgetPositions()
  }

  return {
    open(request) {
      const existing = sessions.get(request.clientId)
      // An MQTT 3.1.1 session is not resumed by MQTT 5, nor the reverse.
      if (existing && !request.cleanStart && existing.protocolVersion === request.protocolVersion) {
        resume(existing, request.expirySeconds)
        return { session: existing, present: true }
      }
      if (existing) discard(existing)
      const session = create(request)
      if (session.persistent) saveSession(session)
      return { session, present: false }
    },
    attach(session, outlet) {
      session.attach(outlet)
      groups.wake(session)
    },
    release(session) {
      if (session.expirySeconds === 0) {
        discard(session)
        return
      }
      saveSession(session, clock.nowMs())
      scheduleExpiry(session, session.expirySeconds * 1_000)
    },
    discard,
    find: (clientId) => sessions.get(clientId),
    findSharedProblem: (session, filter) => (isShared(filter) ? groups.findProblem(filter, session) : undefined),
    subscribe(session, subscriptions) {
      if (session.persistent) store.saveSubscriptions(session.clientId, subscriptions)
      for (const subscription of subscriptions) addSubscription(session, subscription)
    },
    unsubscribe(session, filters) {
      const known = filters.filter((filter) => session.subscriptions.has(filter))
      if (session.persistent && known.length > 0) store.deleteSubscriptions(session.clientId, known)
      for (const filter of known) removeSubscription(session, filter)
    },
    matching(topic, senderId) {
      const found = new Map<Session, QoS>()
      index.match(topic, (session, { qos, noLocal }) => {
        if (noLocal && session.clientId === senderId) return
        if (qos === 1 || !found.has(session)) found.set(session, qos)
      })
      return found
    },
    wakeShared: groups.wake,
    deliverShared: groups.deliver,
    close() {
      groups.close()
      for (const cancel of cancelExpiryOf.values()) cancel()
      cancelExpiryOf.clear()
    },
  }
}

function isShared(filter: string): boolean {
  return filter.startsWith('$share/')
}
