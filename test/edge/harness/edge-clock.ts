import { type Clock, createSystemClock } from '#device/index.ts'

/** From here on a wait is the test's to end; what is shorter belongs to sockets, and passes by itself. */
const LONG_MS = 1_000

/** The machine's clock, with long waits that pass when a test says so. */
export function createEdgeClock(): Clock & { advance(ms: number): void } {
  const system = createSystemClock()
  let aheadMs = 0
  const waits = new Set<{ dueMs: number; callback: () => void }>()
  return {
    nowMs: () => system.nowMs() + aheadMs,
    monotonicMs: () => system.monotonicMs() + aheadMs,
    after(delayMs, callback) {
      if (delayMs < LONG_MS) return system.after(delayMs, callback)
      const wait = { dueMs: system.monotonicMs() + aheadMs + delayMs, callback }
      waits.add(wait)
      return () => void waits.delete(wait)
    },
    advance(ms) {
      aheadMs += ms
      for (const wait of [...waits]) {
        if (wait.dueMs > system.monotonicMs() + aheadMs || !waits.delete(wait)) continue
        wait.callback()
      }
    },
  }
}
