import type { InboundMessage, Message, QoS } from '../message.ts'
import type { BrokerObserver, PublishedFacts } from '../observer.ts'
import type { LogEntry } from '../options.ts'
import type { Session } from '../sessions/session.ts'
import type { SessionStore } from '../sessions/session-store.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { RetainedMessages } from './retained.ts'

/** The way of an accepted message to subscribers, to the retained messages and to the topic rules. */
export type Router = {
  /**
   * Stores and delivers before it returns; resolves once the topic rules have taken the message. Rejects when the
   * store or the rules did not take it.
   */
  route(message: InboundMessage, facts?: PublishedFacts): Promise<void>
  /** Delivers a retained message to a new subscription. */
  deliverRetained(session: Session, message: Message, qos: QoS): void
  /** Resolves once the topic rules have taken all messages routed so far. */
  settled(): Promise<void>
}

type RouterOptions = {
  sessions: Sessions
  retained: RetainedMessages
  store: SessionStore
  onMessage: (message: InboundMessage) => Promise<void>
  log: (entry: LogEntry) => void
  observer?: BrokerObserver | undefined
}

export function createRouter({ sessions, retained, store, onMessage, log, observer }: RouterOptions): Router {
  const underway = new Set<Promise<void>>()

  /** Queues a message to sessions that can take it. Persistent ones are written in one go, before anything is sent. */
  function deliver(targets: readonly Session[], message: Message, retain: boolean): void {
    const accepting = targets.filter((session) => {
      if (session.accepting) return true
      log({ level: 'warn', event: 'queue_full', clientId: session.clientId, topic: message.topic })
      observer?.dropped(message, { clientId: session.clientId, reason: 'its queue is full' })
      return false
    })
    const stored = accepting.filter((session) => session.persistent)
    const clientIds = stored.map((session) => session.clientId)
    const positions = clientIds.length > 0 ? store.enqueue(clientIds, message, retain) : []
    let next = 0
    for (const session of accepting) {
      const position = session.persistent ? positions[next++] : undefined
      session.deliver({ message, qos: 1, retain, ...(position === undefined ? {} : { position }) })
    }
  }

  function fanOut(message: InboundMessage): void {
    sessions.deliverShared(message)
    const targets = sessions.matching(message.topic, message.clientId)
    if (targets.size === 0) return
    const atLeastOnce: Session[] = []
    for (const [session, qos] of targets) {
      if (qos === 1 && message.qos === 1) atLeastOnce.push(session)
      else session.deliver({ message, qos: 0, retain: false })
    }
    if (atLeastOnce.length > 0) deliver(atLeastOnce, message, false)
  }

  async function handOver(message: InboundMessage): Promise<void> {
    if (message.basicIngestRule === undefined) {
      if (message.retain) retained.apply(message)
      fanOut(message)
    }
    await onMessage(message)
  }

  return {
    route(message, facts = {}) {
      observer?.published(message, facts)
      const handedOver = handOver(message)
      underway.add(handedOver)
      const forget = () => underway.delete(handedOver)
      handedOver.then(forget, forget)
      return handedOver
    },
    deliverRetained(session, message, qos) {
      if (qos === 1 && message.qos === 1) deliver([session], message, true)
      else session.deliver({ message, qos: 0, retain: true })
    },
    async settled() {
      await Promise.allSettled(underway)
    },
  }
}
