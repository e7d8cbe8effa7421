/** What arrives, in order, to be awaited by what it is instead of by time. */
export interface Inbox<Item> {
  /** Everything that ever arrived, also what was taken. */
  readonly all: readonly Item[]
  push(item: Item): void
  /** The first item that matches and was not taken before, arrived or to come. Rejects after ten seconds, naming `what`. */
  take(what: string, matches: (item: Item) => boolean): Promise<Item>
}

/** Long enough for a loaded machine; only a failing test waits for it. */
const PATIENCE_MS = 10_000

export function createInbox<Item>(describe: (item: Item) => string): Inbox<Item> {
  const all: Item[] = []
  const left = new Set<Item>()
  const waiting = new Set<{ matches: (item: Item) => boolean; resolve: (item: Item) => void }>()

  return {
    all,
    push(item) {
      all.push(item)
      for (const waiter of waiting) {
        if (!waiter.matches(item)) continue
        waiting.delete(waiter)
        waiter.resolve(item)
        return
      }
      left.add(item)
    },
    take(what, matches) {
      for (const item of left) {
        if (!matches(item)) continue
        left.delete(item)
        return Promise.resolve(item)
      }
      return new Promise((resolve, reject) => {
        const waiter = {
          matches,
          resolve(item: Item) {
            clearTimeout(timer)
            resolve(item)
          },
        }
        const timer = setTimeout(() => {
          waiting.delete(waiter)
          const arrived = [...left].slice(-20).map(describe).join('\n  ') || 'nothing'
          reject(new Error(`no ${what} within ${PATIENCE_MS} ms; left:\n  ${arrived}`))
        }, PATIENCE_MS)
        waiting.add(waiter)
      })
    },
  }
}

/** Awaits what must come. Rejects after ten seconds, naming `what`. */
export async function patiently<Value>(what: string, promise: Promise<Value>): Promise<Value> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`no ${what} within ${PATIENCE_MS} ms`)), PATIENCE_MS)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
