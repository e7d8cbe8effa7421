import type { Clock } from '../../state/index.ts'
import { createRateLimiter, type RateLimiter } from './rate-limiter.ts'

/** A rate for each of any number of keys. Keys that were not used for long take no memory. */
export type KeyedRate = {
  take(key: string): boolean
}

const SWEEP_AT = 1_024

export function createKeyedRate(perSecond: number, clock: Clock): KeyedRate {
  if (perSecond === Number.POSITIVE_INFINITY) return { take: () => true }
  const limiters = new Map<string, { limiter: RateLimiter; usedAtMs: number }>()
  let sweepAt = SWEEP_AT

  /** After one second without use a limiter is as good as a new one. */
  function sweep(nowMs: number): void {
    for (const [key, { usedAtMs }] of limiters) if (nowMs - usedAtMs >= 1_000) limiters.delete(key)
    sweepAt = Math.max(SWEEP_AT, limiters.size * 2)
  }

  return {
    take(key) {
      const nowMs = clock.nowMs()
      let entry = limiters.get(key)
      if (!entry) {
        if (limiters.size >= sweepAt) sweep(nowMs)
        entry = { limiter: createRateLimiter(perSecond, clock), usedAtMs: nowMs }
        limiters.set(key, entry)
      }
      entry.usedAtMs = nowMs
      return entry.limiter.take()
    },
  }
}
