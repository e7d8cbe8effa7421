import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createKeyLocks } from '#local/dynamodb/key-locks.ts'

describe('key locks', () => {
  test('never run two pieces of work on one key at once, and always run all', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uniqueArray(fc.nat(4), { maxLength: 3 }), { maxLength: 30 }),
        fc.scheduler(),
        async (jobs, scheduler) => {
          const locks = createKeyLocks()
          const held = new Set<string>()
          let done = 0
          const all = jobs.map((numbers) => {
            const keys = numbers.map(String)
            return locks.run(keys, async () => {
              for (const key of keys) {
                expect(held.has(key)).toBe(false)
                held.add(key)
              }
              await scheduler.schedule(Promise.resolve())
              for (const key of keys) held.delete(key)
              done += 1
            })
          })
          await scheduler.waitFor(Promise.all(all))
          expect(done).toBe(jobs.length)
        },
      ),
      { numRuns: 100 },
    )
  })

  test('release the key of work that failed', async () => {
    const locks = createKeyLocks()

    await expect(locks.run(['a'], () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
    await expect(locks.run(['a'], async () => 'next')).resolves.toBe('next')
  })
})
