import type { Clock } from './clock.ts'

/** Many waits that mostly end early: one timer for each distinct duration, so that a publish costs no timer of its own. */
export interface Deadlines {
  /** Calls back after `delayMs`, unless what it returns is called first. Infinity: never. */
  after(delayMs: number, callback: () => void): () => void
  /** The same without a function for each: `expire` is called, unless `remove` comes first. */
  add(delayMs: number, item: Expiring): void
  remove(delayMs: number, item: Expiring): void
  /** Forgets all. */
  clear(): void
}

/** What waits. */
export interface Expiring {
  /** Written by `add`. */
  dueMs: number
  expire(): void
}

const NEVER = () => {}

export function createDeadlines(clock: Clock): Deadlines {
  // a lane holds the waits of one duration: what comes first is due first
  const lanes = new Map<number, { waiting: Set<Expiring>; cancelTimer: () => void }>()

  function add(delayMs: number, item: Expiring): void {
    if (delayMs === Number.POSITIVE_INFINITY) return
    item.dueMs = clock.monotonicMs() + delayMs
    let lane = lanes.get(delayMs)
    if (!lane) {
      lane = { waiting: new Set(), cancelTimer: NEVER }
      lanes.set(delayMs, lane)
      lane.cancelTimer = clock.after(delayMs, () => run(delayMs))
    }
    lane.waiting.add(item)
  }

  function remove(delayMs: number, item: Expiring): void {
    lanes.get(delayMs)?.waiting.delete(item)
  }

  function run(delayMs: number): void {
    const lane = lanes.get(delayMs)
    if (!lane) return
    for (const deadline of lane.waiting) {
      const remainingMs = deadline.dueMs - clock.monotonicMs()
      if (remainingMs > 0) {
        lane.cancelTimer = clock.after(remainingMs, () => run(delayMs))
        return
      }
      lane.waiting.delete(deadline)
      deadline.expire()
    }
    // a callback may have added to the lane, and was then visited above
    lanes.delete(delayMs)
  }

  return {
    after(delayMs, callback) {
      const item = { dueMs: 0, expire: callback }
      add(delayMs, item)
      return () => remove(delayMs, item)
    },
    add,
    remove,
    clear() {
      for (const { cancelTimer } of lanes.values()) cancelTimer()
      lanes.clear()
    },
  }
}
