/** Runs work on the same key one after the other, on different keys at once. */
export interface KeyLocks {
  /** Waits for all keys, runs `work`, releases them. */
  run<Result>(keys: readonly string[], work: () => Promise<Result>): Promise<Result>
}

/**
 * Locks by key. Several keys are taken together, at the moment of the call, so two callers can never wait for each other:
 * each only waits for calls made before its own.
 */
export function createKeyLocks(): KeyLocks {
  const tails = new Map<string, Promise<unknown>>()
  return {
    async run(keys, work) {
      const before = keys.map((key) => tails.get(key)).filter((tail) => tail !== undefined)
      const { promise, resolve } = Promise.withResolvers<void>()
      for (const key of keys) tails.set(key, promise)
      try {
        if (before.length > 0) await Promise.all(before)
        return await work()
      } finally {
        resolve()
        for (const key of keys) if (tails.get(key) === promise) tails.delete(key)
      }
    },
  }
}
