import { expect, test } from 'vitest'
import { startFuzzTarget } from './harness/fuzz-target.ts'

const REQUESTS = 1_500

test('whatever is sent to any route gets an answer with a code, and the service goes on', async () => {
  await using target = await startFuzzTarget()

  const { statuses, faults, requests } = await target.run(REQUESTS, { seed: 20_261_120, concurrency: 8 })

  expect(faults).toEqual([])
  expect(requests).toBe(REQUESTS)
  // both what fits and what does not were among them
  expect(statuses[200]).toBeGreaterThan(REQUESTS / 10)
  expect(statuses[400]).toBeGreaterThan(REQUESTS / 10)
  expect(await target.stillServes()).toBe(true)
})
