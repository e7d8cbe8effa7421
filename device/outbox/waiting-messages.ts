import type { QueueOptions } from '../api/options.ts'
import type { Clock } from '../timing/clock.ts'
import { createDeadlines } from '../timing/deadlines.ts'
import type { OutgoingMessage } from './outgoing-message.ts'
import { createPriorityQueue } from './priority-queue.ts'

/** Messages that wait to be sent, with a bound and an end to each. */
export function createWaitingMessages(
  { maxMessages, whenFull }: QueueOptions,
  clock: Clock,
  giveUp: (message: OutgoingMessage, reason: 'queue_full' | 'expired') => void,
) {
  const queue = createPriorityQueue<OutgoingMessage>()
  const deadlines = createDeadlines(clock)
  const expiries = new Map<OutgoingMessage, () => void>()

  function remove(message: OutgoingMessage): boolean {
    if (!queue.remove(message, message.priority)) return false
    expiries.get(message)?.()
    expiries.delete(message)
    return true
  }

  function makeRoom(message: OutgoingMessage): OutgoingMessage | undefined {
    if (queue.size() < maxMessages) return undefined
    if (whenFull === 'newest' || maxMessages === 0) return message
    if (whenFull === 'oldest') return queue.dropOldest()
    const lowest = queue.lowestPriority() ?? 0
    return message.priority < lowest ? message : queue.dropLowest()
  }

  return {
    size() {
      return queue.size()
    },
    add(message: OutgoingMessage): void {
      const dropped = makeRoom(message)
      if (dropped !== message) {
        message.state = 'queued'
        queue.push(message, message.priority)
        if (message.expiresAtMs !== Number.POSITIVE_INFINITY) {
          const expire = () => remove(message) && giveUp(message, 'expired')
          expiries.set(message, deadlines.after(message.expiresAtMs - clock.monotonicMs(), expire))
        }
      }
      if (!dropped) return
      expiries.get(dropped)?.()
      expiries.delete(dropped)
      giveUp(dropped, 'queue_full')
    },
    peek: () => queue.peek(),
    remove,
    clear(): OutgoingMessage[] {
      deadlines.clear()
      const all = [...queue]
      for (const message of all) remove(message)
      return all
    },
  }
}
