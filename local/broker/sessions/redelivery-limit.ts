import type { Clock } from '../../state/index.ts'
import type { Delivery } from './delivery.ts'

/** Ends the wait for messages that a connected client never acknowledges. One timer, however many there are. */
export type RedeliveryLimit = {
  /** Tells whether time is over for a message. */
  isOver(delivery: Delivery): boolean
  /** A message is in flight that was first sent then. */
  sent(firstSentAtMs: number): void
  close(): void
}

type RedeliveryOptions = {
  limitMs: number
  clock: Clock
  inFlight: () => readonly Delivery[]
  /** Time is over for one or more of those in flight. */
  onEnd: () => void
}

export function createRedeliveryLimit({ limitMs, clock, inFlight, onEnd }: RedeliveryOptions): RedeliveryLimit {
  let timer: { forMs: number; cancel: () => void } | undefined

  function check(): void {
    timer = undefined
    onEnd()
    const times = inFlight().flatMap(({ firstSentAtMs }) => firstSentAtMs ?? [])
    if (times.length > 0) limit.sent(Math.min(...times))
  }

  const limit: RedeliveryLimit = {
    isOver: ({ firstSentAtMs }) => firstSentAtMs !== undefined && clock.nowMs() >= firstSentAtMs + limitMs,
    sent(forMs) {
      if (timer && timer.forMs <= forMs) return
      timer?.cancel()
      timer = { forMs, cancel: clock.after(Math.max(1, forMs + limitMs - clock.nowMs()), check) }
    },
    close() {
      timer?.cancel()
      timer = undefined
    },
  }
  return limit
}
