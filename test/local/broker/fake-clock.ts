import type { Clock } from '#local/state/index.ts'

export type FakeClock = Clock & {
  /** Moves time and runs what is due, in order. */
  advance(ms: number): void
  readonly scheduledCount: number
}

export function createFakeClock(startMs = 1_700_000_000_000): FakeClock {
  let nowMs = startMs
  const scheduled = new Set<{ atMs: number; callback: () => void }>()

  return {
    nowMs: () => nowMs,
    after(delayMs, callback) {
      const entry = { atMs: nowMs + delayMs, callback }
      scheduled.add(entry)
      return () => void scheduled.delete(entry)
    },
    advance(ms) {
      const untilMs = nowMs + ms
      for (;;) {
        const [next] = [...scheduled].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)
        if (!next) break
        scheduled.delete(next)
        nowMs = Math.max(nowMs, next.atMs)
        next.callback()
      }
      nowMs = untilMs
    },
    get scheduledCount() {
      return scheduled.size
    },
  }
}
