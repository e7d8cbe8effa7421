import type { Clock } from '../state/index.ts'

/** Items stored elsewhere, worked on as they fall due. */
export interface DueWork<Item> {
  /** Begins, with what is stored. What is offered before is left to the store. */
  start(): void
  /** Works on a stored item at once if there is room and nothing waits before it. */
  offer(item: Item): void
  /** How many items are being worked on. */
  active(): number
  /** Begins nothing more and waits for what is being worked on. */
  close(): Promise<void>
}

/**
 * Works on stored items, at most `limit` at a time, without polling: it looks into the store when an item falls due
 * and when there is room again for those that had to wait.
 */
export function createDueWork<Item>(options: {
  clock: Clock
  /** May change between items. */
  limit: () => number
  keyOf: (item: Item) => string
  /** Items due at that time, the longest due first. */
  load: (nowMs: number, count: number) => Item[]
  /** When the first item falls due after that time. */
  nextDueMs: (nowMs: number) => number | undefined
  /** Leaves the item removed, or stored with a later time, which it resolves to. */
  run: (item: Item) => Promise<number | undefined>
  /** `run` has failed, which leaves the item where it is until the next start. */
  onError: (item: Item, error: unknown) => void
  onSettled: () => void
}): DueWork<Item> {
  const { clock, limit, keyOf, load, nextDueMs, run } = options
  const active = new Map<string, Promise<void>>()
  // Failed to store what became of them: tried again at once they would fail, and run, without end.
  const parked = new Set<string>()
  let open = false
  let backlog = false
  let wake: { dueMs: number; cancel: () => void } | undefined

  function begin(item: Item): void {
    const key = keyOf(item)
    // Not at once, so that it counts as active before anything it calls can ask.
    const work = Promise.resolve()
      .then(() => run(item))
      .catch((error: unknown) => {
        parked.add(key)
        options.onError(item, error)
        return undefined
      })
      .then((nextMs) => {
        // In this order: an item still active when it falls due would be passed over.
        active.delete(key)
        if (nextMs !== undefined) schedule(nextMs)
        if (backlog) pump()
        options.onSettled()
      })
    active.set(key, work)
  }

  function pump(): void {
    if (!open) return
    const room = limit() - active.size
    // Items being worked on are still stored and due; one more than there is room for tells whether others wait.
    const due = load(clock.nowMs(), limit() + parked.size + 1).filter((item) => isFree(keyOf(item)))
    backlog = due.length > room
    for (const item of due.slice(0, Math.max(0, room))) begin(item)

    const nextMs = nextDueMs(clock.nowMs())
    if (nextMs !== undefined) schedule(nextMs)
  }

  function isFree(key: string): boolean {
    return !active.has(key) && !parked.has(key)
  }

  function schedule(dueMs: number): void {
    if (!open || (wake && wake.dueMs <= dueMs)) return
    wake?.cancel()
    const cancel = clock.after(Math.max(0, dueMs - clock.nowMs()), () => {
      wake = undefined
      pump()
    })
    wake = { dueMs, cancel }
  }

  return {
    start() {
      open = true
      pump()
    },
    offer(item) {
      if (open && !backlog && active.size < limit()) begin(item)
      else backlog = true
    },
    active: () => active.size,
    async close() {
      open = false
      wake?.cancel()
      await Promise.all(active.values())
    },
  }
}
