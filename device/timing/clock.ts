/** Time as the bridge sees it. Waits are measured by a clock that never jumps; only what others read has the time of day. */
export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number
  /** Milliseconds since some point, never set back. */
  monotonicMs(): number
  /** Calls back once, after `delayMs` at the earliest. Returns what prevents it. */
  after(delayMs: number, callback: () => void): () => void
}

/** A longer delay would be taken for none. https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const MAX_TIMER_MS = 2 ** 31 - 1

export function createSystemClock(): Clock {
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    after(delayMs, callback) {
      const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), MAX_TIMER_MS))
      return () => clearTimeout(timer)
    },
  }
}
