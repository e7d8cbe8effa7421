import type { Clock } from '../../state/index.ts'

/** A token bucket that holds what comes in within one second, and is full at first. */
export type RateLimiter = {
  /** Takes one; false when there is none, and nothing is taken then. */
  take(): boolean
  /** Takes so many, whether they are there or not; what was not there is owed. */
  spend(amount: number): void
  /** Milliseconds until `take` succeeds; 0 when it would now. */
  waitMs(): number
}

/** Lets everything through. */
const UNLIMITED: RateLimiter = { take: () => true, spend: () => {}, waitMs: () => 0 }
/** Sums of fractions of a token may miss a whole one by this. */
const ROUNDING = 1e-9

export function createRateLimiter(perSecond: number, clock: Clock): RateLimiter {
  if (perSecond === Number.POSITIVE_INFINITY) return UNLIMITED
  let available = perSecond
  let countedAtMs = clock.nowMs()

  function count(): number {
    const nowMs = clock.nowMs()
    if (nowMs > countedAtMs) available = Math.min(perSecond, available + ((nowMs - countedAtMs) * perSecond) / 1_000)
    countedAtMs = nowMs
    return available
  }

  return {
    take() {
      if (count() < 1 - ROUNDING) return false
      available -= 1
      return true
    },
    spend(amount) {
      available = count() - amount
    },
    waitMs: () => Math.max(0, Math.ceil(((1 - ROUNDING - count()) * 1_000) / perSecond)),
  }
}
