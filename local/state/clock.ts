/** Time as the parts of the runtime see it; tests give one they can move. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number
  /** Calls back once, `delayMs` from now (0 or more), unless the returned function is called first. */
  after(delayMs: number, callback: () => void): () => void
}

// A longer delay makes Node fire at once: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * The clock of the machine. Its timers do not keep the process alive: whoever waits for one is itself held open by
 * something that can be closed. Delays are cut at 24.8 days, so a caller with a longer one must look again when called.
 */
export function createSystemClock(): Clock {
  return {
    nowMs: () => Date.now(),
    after(delayMs, callback) {
      const timer = setTimeout(callback, Math.min(delayMs, MAX_TIMER_MS))
      timer.unref()
      return () => clearTimeout(timer)
    },
  }
}
