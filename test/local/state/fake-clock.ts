import type { Clock } from '#local/state/index.ts'

/** A clock that stands still until it is advanced. */
export interface FakeClock extends Clock {
  /** Moves on, calling back what falls due on the way, in order. */
  advance(byMs: number): void
  /** Resolves once something waits for exactly that far from now. */
  scheduled(delayMs: number): Promise<void>
}

export function createFakeClock(startMs = Date.UTC(2026, 10, 21, 12)): FakeClock {
  let nowMs = startMs
  const timers = new Set<{ dueMs: number; callback: () => void }>()
  const watchers = new Set<{ dueMs: number; resolve: () => void }>()

  return {
    nowMs: () => nowMs,
    after(delayMs, callback) {
      const timer = { dueMs: nowMs + delayMs, callback }
      timers.add(timer)
      for (const watcher of watchers) if (watcher.dueMs === timer.dueMs) watcher.resolve()
      return () => {
        timers.delete(timer)
      }
    },
    advance(byMs) {
      const targetMs = nowMs + byMs
      for (;;) {
        const [next] = [...timers].filter(({ dueMs }) => dueMs <= targetMs).sort((a, b) => a.dueMs - b.dueMs)
        if (!next) break
        timers.delete(next)
        nowMs = Math.max(nowMs, next.dueMs)
        next.callback()
      }
      nowMs = targetMs
    },
    async scheduled(delayMs) {
      const dueMs = nowMs + delayMs
      if ([...timers].some((timer) => timer.dueMs === dueMs)) return
      await new Promise<void>((resolve) => {
        watchers.add({ dueMs, resolve })
      })
    },
  }
}
