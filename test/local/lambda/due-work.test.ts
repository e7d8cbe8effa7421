import { expect, test } from 'vitest'
// Not part of the public names of the folder: the case below cannot be brought about from outside.
import { createDueWork } from '../../../local/lambda/due-work.ts'
import { createFakeClock } from '../state/fake-clock.ts'

test('an item whose end cannot be stored is run once, and the others go on', async () => {
  const runs: string[] = []
  const errors: string[] = []
  const stored = new Set(['bad', 'a', 'b', 'c'])
  const done = Promise.withResolvers<void>()
  const work = createDueWork<string>({
    clock: createFakeClock(),
    limit: () => 1,
    keyOf: (item) => item,
    load: (_nowMs, count) => [...stored].slice(0, count),
    nextDueMs: () => undefined,
    async run(item) {
      runs.push(item)
      if (item === 'bad') throw new Error('disk full')
      stored.delete(item)
      return undefined
    },
    onError: (item) => errors.push(item),
    onSettled: () => stored.size === 1 && done.resolve(),
  })

  work.start()
  await done.promise
  await work.close()

  expect(runs).toEqual(['bad', 'a', 'b', 'c'])
  expect(errors).toEqual(['bad'])
})
