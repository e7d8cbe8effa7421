import { expect, test } from 'vitest'
import type { EdgeUsage } from './harness/edge-process.ts'
import { startFuzzTarget } from './harness/fuzz-target.ts'

/** A longer run: EDGE_FUZZ_REQUESTS=100000 npx vitest run test/edge/fuzz.test.ts */
const REQUESTS = Number(process.env.EDGE_FUZZ_REQUESTS ?? 2_000)
const STEPS = 10
const CONCURRENCY = 16
const MB = 1_024 * 1_024
/** From the second tenth of the requests to the last, after collections. In a long run a leak of a hundred bytes a request is more. */
const MAX_HEAP_GROWTH_MB = 8
const MAX_EXTERNAL_GROWTH_MB = 8
const MAX_RESOURCES_GROWTH = 50

test('whatever is sent to any route gets an answer with a code, and the service goes on without a leak', async () => {
  await using target = await startFuzzTarget()
  const statuses: Record<number, number> = {}
  const routes: Record<string, number> = {}
  const usages: EdgeUsage[] = []

  for (let step = 0; step < STEPS; step++) {
    const report = await target.run(REQUESTS / STEPS, { seed: 20_261_120 + step, concurrency: CONCURRENCY })
    expect(report.faults).toEqual([])
    add(statuses, report.statuses)
    add(routes, report.routes)
    usages.push(await target.usage())
  }
  const heapMb = usages.map(({ heapBytes }) => Math.round((heapBytes / MB) * 10) / 10)
  const externalMb = usages.map(({ externalBytes }) => Math.round((externalBytes / MB) * 10) / 10)
  const resources = usages.map((usage) => usage.resources)
  if (process.env.EDGE_FUZZ_REQUESTS !== undefined)
    console.log(JSON.stringify({ statuses, routes, heapMb, externalMb, resources }, null, 1))

  // both what fits and what does not were among them
  expect(statuses[200]).toBeGreaterThan(REQUESTS / 10)
  expect(statuses[400]).toBeGreaterThan(REQUESTS / 10)
  // told to callers that have gone
  expect(statuses[499]).toBeUndefined()
  expect(growth(heapMb)).toBeLessThan(MAX_HEAP_GROWTH_MB)
  expect(growth(externalMb)).toBeLessThan(MAX_EXTERNAL_GROWTH_MB)
  expect(growth(resources)).toBeLessThan(MAX_RESOURCES_GROWTH)
  expect(await target.stillServes()).toBe(true)
}, 1_200_000)

function add<Key extends string | number>(sums: Record<Key, number>, more: Record<Key, number>): void {
  for (const key of Object.keys(more) as Key[]) sums[key] = (sums[key] ?? 0) + more[key]
}

function growth(values: readonly number[]): number {
  return (values.at(-1) ?? 0) - (values[1] ?? 0)
}
