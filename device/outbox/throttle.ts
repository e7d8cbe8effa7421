import type { LimitOptions } from '../api/options.ts'

/** Keeps a connection within what the service takes. */
export interface Throttle {
  /** How long to wait before a message of this size may go; 0: now. */
  waitMs(nowMs: number, bytes: number): number
  /** Counts a message, sent or received: the service counts both. */
  count(nowMs: number, bytes: number): void
}

export const LIMIT_DEFAULTS: Readonly<LimitOptions> = {
  publishesPerSecond: 100,
  bytesPerSecond: 512 * 1024,
  inFlight: 100,
  whenExceeded: 'wait',
}

const WINDOW_MS = 1_000
/** Timers may fire a fraction early. */
const ROUNDING_MS = 1

export const NO_THROTTLE: Throttle = { waitMs: () => 0, count() {} }

/** Never more messages in any second than the limit, however the seconds are cut; bytes flow at their rate, with one second's worth at once. */
export function createThrottle({
  publishesPerSecond,
  bytesPerSecond,
}: Pick<LimitOptions, 'publishesPerSecond' | 'bytesPerSecond'>): Throttle {
  // times of the last messages, the oldest at `next`
  const timesMs: number[] = []
  let next = 0
  let bytesLeft = bytesPerSecond
  let filledAtMs = Number.NEGATIVE_INFINITY

  function fill(nowMs: number): void {
    if (bytesPerSecond === Number.POSITIVE_INFINITY) return
    const elapsedMs = Math.min(nowMs - filledAtMs, WINDOW_MS)
    bytesLeft = Math.min(bytesPerSecond, bytesLeft + (elapsedMs * bytesPerSecond) / WINDOW_MS)
    filledAtMs = nowMs
  }

  return {
    waitMs(nowMs, bytes) {
      fill(nowMs)
      const oldestMs = timesMs.length < publishesPerSecond ? Number.NEGATIVE_INFINITY : (timesMs[next] ?? 0)
      const forMessages = oldestMs + WINDOW_MS - nowMs
      // a message of more than a second's worth goes once the whole second is free
      const missing = Math.min(bytes, bytesPerSecond) - bytesLeft
      const forBytes = missing <= 0 ? 0 : (missing * WINDOW_MS) / bytesPerSecond
      const waitMs = Math.max(forMessages, forBytes)
      return waitMs <= 0 ? 0 : waitMs + ROUNDING_MS
    },
    count(nowMs, bytes) {
      fill(nowMs)
      bytesLeft -= bytes
      if (publishesPerSecond === Number.POSITIVE_INFINITY) return
      timesMs[next] = nowMs
      next = (next + 1) % publishesPerSecond
    },
  }
}
