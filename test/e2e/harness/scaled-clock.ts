import type { Clock } from '#device/index.ts'

/** The machine's clock, made faster, and with a time of day that can be set apart from it. */
export interface ScaledClock extends Clock {
  /** Changes the time of day, as an operator or a time server does. */
  jump(ms: number): void
  /** Resolves when so much of its own time has passed. */
  passed(ms: number): Promise<void>
}

export function createScaledClock(factor: number): ScaledClock {
  const startedAtMs = performance.now()
  let jumpedMs = 0
  const monotonicMs = () => (performance.now() - startedAtMs) * factor
  const after: Clock['after'] = (delayMs, callback) => {
    const timer = setTimeout(callback, Math.max(0, delayMs) / factor)
    return () => clearTimeout(timer)
  }
  return {
    nowMs: () => Date.now() + jumpedMs,
    monotonicMs,
    after,
    jump(ms) {
      jumpedMs += ms
    },
    passed: (ms) => new Promise((resolve) => void after(ms, resolve)),
  }
}
