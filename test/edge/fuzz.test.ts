import { expect, test } from 'vitest'
import { startFuzzTarget } from './harness/fuzz-target.ts'

/** A longer run: EDGE_FUZZ_REQUESTS=100000 npx vitest run test/edge/fuzz.test.ts */
const REQUESTS = Number(process.env.EDGE_FUZZ_REQUESTS ?? 1_500)
const STEPS = 10
const MB = 1_024 * 1_024
/** Of the heap, from the second tenth of the requests to the last. A leak of a hundred bytes a request would show in a long run. */
const MAX_GROWTH_MB = 30

test('whatever is sent to any route gets an answer with a code, and the service goes on', async () => {
  await using target = await startFuzzTarget()
  const statuses: Record<number, number> = {}
  const faults: string[] = []
  const heapMb: number[] = []

  for (let step = 0; step < STEPS; step++) {
    const report = await target.run(REQUESTS / STEPS, { seed: 20_261_120 + step, concurrency: 8 })
    for (const [status, count] of Object.entries(report.statuses))
      statuses[Number(status)] = (statuses[Number(status)] ?? 0) + count
    faults.push(...report.faults)
    globalThis.gc?.()
    heapMb.push(process.memoryUsage().heapUsed / MB)
  }
  if (process.env.EDGE_FUZZ_REQUESTS !== undefined)
    console.log(JSON.stringify({ statuses, heapMb: heapMb.map((value) => Math.round(value)) }))

  expect(faults).toEqual([])
  // both what fits and what does not were among them
  expect(statuses[200]).toBeGreaterThan(REQUESTS / 10)
  expect(statuses[400]).toBeGreaterThan(REQUESTS / 10)
  expect((heapMb.at(-1) ?? 0) - (heapMb[1] ?? 0)).toBeLessThan(MAX_GROWTH_MB + heapMb[1]!)
  expect(await target.stillServes()).toBe(true)
}, 1_200_000)
