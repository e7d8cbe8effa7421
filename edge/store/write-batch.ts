import type { DatabaseSync } from 'node:sqlite'

/**
 * Writes that share a transaction: all that come in one turn of the event loop are committed together, in their order. A commit that fails is
 * tried again with all of them, so what was asked for is never forgotten; who waits for it just waits longer.
 */
export interface WriteBatch {
  /** `work` runs inside the transaction; the promise resolves to its result once that is committed, and rejects only when the batch is closed. */
  add<Result>(work: () => Result): Promise<Result>
  /** Commits what waits. Throws when the database does not take it; it goes on waiting then. */
  flush(): void
  /** Why the last commit failed; undefined when it did not. */
  failure(): string | undefined
  /** Commits what waits, or rejects it. */
  close(): void
}

interface Write {
  work: () => unknown
  resolve: (result: never) => void
  reject: (error: unknown) => void
}

const RETRY_MS = 1_000

export function createWriteBatch(database: DatabaseSync, onFailure: (error: unknown) => void): WriteBatch {
  let waiting: Write[] = []
  let isScheduled = false
  let retryTimer: NodeJS.Timeout | undefined
  let failure: string | undefined

  function schedule(): void {
    if (isScheduled || retryTimer) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      try {
        flush()
      } catch (error) {
        onFailure(error)
        retryTimer = setTimeout(() => {
          retryTimer = undefined
          schedule()
        }, RETRY_MS)
      }
    })
  }

  function flush(): void {
    if (waiting.length === 0) return
    const writes = waiting
    let results: unknown[]
    try {
      database.exec('BEGIN IMMEDIATE')
      results = writes.map(({ work }) => work())
      database.exec('COMMIT')
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error)
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
    failure = undefined
    waiting = waiting.slice(writes.length)
    for (const [index, { resolve }] of writes.entries()) resolve(results[index] as never)
  }

  return {
    add: (work) =>
      new Promise((resolve, reject) => {
        waiting.push({ work, resolve, reject })
        schedule()
      }),
    flush,
    failure: () => failure,
    close() {
      clearTimeout(retryTimer)
      try {
        flush()
      } catch (error) {
        for (const { reject } of waiting) reject(error)
        waiting = []
      }
    },
  }
}
