import type { LoadClock } from '../../../cli/simulate/pace.ts'

/** Time that goes on only when everybody waits for it. */
export function steppedClock(): LoadClock & { advance(): Promise<void> } {
  let nowMs = 0
  const waiting: { dueMs: number; resolve: () => void }[] = []
  return {
    nowMs: () => nowMs,
    pause(delayMs, signal) {
      return new Promise((resolve) => {
        waiting.push({ dueMs: nowMs + delayMs, resolve })
        signal?.addEventListener('abort', () => resolve())
      })
    },
    /** To the next moment for which somebody waits, until nobody does. */
    async advance() {
      for (;;) {
        // promises that are ready go first
        await new Promise((resolve) => setImmediate(resolve))
        const next = waiting.sort((one, other) => one.dueMs - other.dueMs).shift()
        if (!next) return
        nowMs = next.dueMs
        next.resolve()
      }
    },
  }
}
