import type { BridgeEvent } from '../api/events.ts'
import type { Counters } from '../api/metrics.ts'
import type { Message } from '../api/operations.ts'
import { createRecentIds } from '../delivery/recent-ids.ts'
import type { IncomingContent } from '../wire/incoming.ts'

/** A request that waits for its reply. */
export interface OpenRequest {
  readonly correlationId: string
  /** Where the reply may arrive: a message with the same id elsewhere is something else, the request itself for example. */
  readonly topics: readonly string[]
  settle(content: IncomingContent, message: () => Message): void
}

/** Requests that wait for their replies, by correlation id; two with the same id at the same time both get the reply. */
export interface Requests {
  add(request: OpenRequest): void
  /** It waits no more. */
  remove(request: OpenRequest): void
  /** True when the message was a reply to one of ours, in time or late. */
  settle(topic: string, content: IncomingContent, message: () => Message): boolean
}

/** Ids of ended requests that are remembered to know a late reply. */
const REMEMBERED = 1_000

export function createRequests(counters: Counters, onEvent: (event: BridgeEvent) => void): Requests {
  const open = new Map<string, OpenRequest[]>()
  const ended = createRecentIds(REMEMBERED)

  function remove(request: OpenRequest): void {
    const { correlationId, topics } = request
    const others = (open.get(correlationId) ?? []).filter((one) => one !== request)
    if (others.length > 0) {
      open.set(correlationId, others)
      return
    }
    open.delete(correlationId)
    for (const topic of topics) ended.add(`${topic} ${correlationId}`)
  }

  return {
    add(request) {
      const waiting = open.get(request.correlationId)
      if (waiting) waiting.push(request)
      else open.set(request.correlationId, [request])
    },
    remove,
    settle(topic, content, message) {
      const { correlationId } = content
      if (correlationId === undefined) return false
      const answered = (open.get(correlationId) ?? []).filter(({ topics }) => topics.includes(topic))
      if (answered.length > 0) {
        counters.replies += 1
        for (const request of answered) {
          remove(request)
          request.settle(content, message)
        }
        return true
      }
      if (!ended.has(`${topic} ${correlationId}`)) return false
      counters.lateReplies += 1
      onEvent({ type: 'lateReply', topic, correlationId })
      return true
    },
  }
}
