import type { Counters } from '../api/metrics.ts'
import type { LinkTerms } from '../connection/ending.ts'
import type { Link } from '../connection/link.ts'
import type { OutgoingMessage } from './outgoing-message.ts'
import type { PacketIds } from './packet-ids.ts'

/** Topics of QoS 0 that may be what a connection ended for. */
const MAX_UNCONFIRMED_TOPICS = 4

/** Messages that were sent and not confirmed, over connections. */
export function createInFlight(packetIds: PacketIds, counters: Counters) {
  /** By packet identifier, in the order in which they were first sent. */
  const confirmable = new Map<number, OutgoingMessage>()
  /** QoS 0 that the stream has not taken yet. */
  const unconfirmed = new Set<OutgoingMessage>()
  /** Of an earlier connection, still to be sent on this one. */
  let unsent: OutgoingMessage[] = []
  let link: Link | undefined
  let isPaused = false
  let isResumed = false
  let topicAliasMaximum = 0
  let maximumPacketSize = Number.POSITIVE_INFINITY
  let limit = 0
  /** On this connection. */
  let confirmedTopics = new Set<string>()
  let unconfirmedTopics: string[] = []

  function publish(message: OutgoingMessage, sent: OutgoingMessage, packetId: number, dup: boolean): void {
    message.state = 'inFlight'
    message.packetId = packetId
    confirmable.set(packetId, message)
    link?.publish(withoutAliasAbove(topicAliasMaximum, sent), packetId, dup)
  }

  return {
    isAttached() {
      return link !== undefined && !isPaused
    },
    hasRoom() {
      return link !== undefined && !isPaused && confirmable.size - unsent.length + unconfirmed.size < limit
    },
    isIdle() {
      return link !== undefined && !isPaused && unsent.length === 0
    },
    /** What the broker takes beside topic and properties; undefined for a message that fits. */
    excess: ({ bytes, topic }: OutgoingMessage): number | undefined =>
      bytes + topic.length > maximumPacketSize ? maximumPacketSize - topic.length : undefined,
    hasUnsent() {
      return unsent.length > 0
    },
    size() {
      return confirmable.size + unconfirmed.size
    },
    attach(next: Link, terms: LinkTerms, inFlightLimit: number): void {
      link = next
      isPaused = false
      isResumed = terms.sessionPresent
      topicAliasMaximum = terms.topicAliasMaximum
      maximumPacketSize = terms.maximumPacketSize
      limit = inFlightLimit
      confirmedTopics = new Set()
      unconfirmedTopics = []
      unsent = [...confirmable.values()]
      if (isResumed) return
      // the broker knows nothing of them: they are new to it, under new identifiers
      confirmable.clear()
      packetIds.keepOnly(confirmable)
      for (const message of unsent) {
        message.packetId = packetIds.allocate()
        if (message.packetId !== undefined) confirmable.set(message.packetId, message)
      }
    },
    pause(): void {
      isPaused = true
    },
    /** Returns what is lost with the connection. */
    detach(): OutgoingMessage[] {
      link = undefined
      unsent = []
      packetIds.keepOnly(confirmable)
      const lost = [...unconfirmed]
      unconfirmed.clear()
      return lost
    },
    peekUnsent: (): OutgoingMessage | undefined => unsent[0],
    takeUnsent(message: OutgoingMessage): boolean {
      if (unsent[0] !== message) return false
      unsent.shift()
      // it is counted among the confirmable until it is sent again
      if (message.packetId !== undefined) confirmable.delete(message.packetId)
      return true
    },
    send(message: OutgoingMessage, sent: OutgoingMessage): void {
      const isRepeat = message.packetId !== undefined
      if (isRepeat) counters.resent += 1
      const packetId = message.packetId ?? packetIds.allocate()
      if (packetId !== undefined) publish(message, sent, packetId, isRepeat && isResumed)
    },
    sendUnconfirmed(message: OutgoingMessage, sent: OutgoingMessage, taken: () => void): void {
      message.state = 'inFlight'
      unconfirmed.add(message)
      if (!unconfirmedTopics.includes(message.topic)) {
        unconfirmedTopics = [...unconfirmedTopics.slice(1 - MAX_UNCONFIRMED_TOPICS), message.topic]
      }
      link?.publishUnconfirmed(withoutAliasAbove(topicAliasMaximum, sent), () => {
        if (unconfirmed.delete(message)) taken()
      })
    },
    confirm(packetId: number): OutgoingMessage | undefined {
      const message = confirmable.get(packetId)
      confirmable.delete(packetId)
      if (message) confirmedTopics.add(message.topic)
      return message
    },
    /** QoS 0 has no answer: of those the last ones count. */
    topics(): string[] {
      const sent = [...confirmable.values()].filter((message) => !unsent.includes(message))
      const topics = new Set([...sent.map(({ topic }) => topic), ...unconfirmedTopics])
      return [...topics].filter((topic) => !confirmedTopics.has(topic))
    },
    drop(isDropped: (message: OutgoingMessage) => boolean): OutgoingMessage[] {
      const dropped = [...confirmable].filter(([, message]) => isDropped(message))
      for (const [packetId] of dropped) {
        confirmable.delete(packetId)
        packetIds.free(packetId)
      }
      return dropped.map(([, message]) => message)
    },
    clear(): OutgoingMessage[] {
      const all = [...confirmable.values(), ...unconfirmed]
      confirmable.clear()
      unconfirmed.clear()
      unsent = []
      return all
    },
  }
}

/** The library would swallow the message, and its answer with it. */
function withoutAliasAbove(maximum: number, message: OutgoingMessage): OutgoingMessage {
  const { properties } = message
  if (properties?.topicAlias === undefined || properties.topicAlias <= maximum) return message
  const { topicAlias: _, ...others } = properties
  return { ...message, properties: others }
}
