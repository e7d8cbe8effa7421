import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Edge } from '#edge/index.ts'
import { BASE, call, createEdgeBench, type EdgeBench, until } from './harness/edge-bench.ts'
import { createEdgeClock } from './harness/edge-clock.ts'

let bench: EdgeBench
let edge: Edge
const clock = createEdgeClock()

beforeAll(async () => {
  bench = await createEdgeBench()
  edge = await bench.start({ clock })
})
afterAll(() => bench?.[Symbol.asyncDispose]())

test('telemetry goes out on its schedule, over a reading that fails, until it is stopped', async () => {
  let readings = 0
  const read = () => {
    readings += 1
    if (readings === 2) throw new Error('no sensor')
    return { n: readings }
  }
  const stop = edge.scheduleTelemetry(read, { everyMs: 60_000, qos: 0 })
  const passed = async (count: number) => {
    await until(() => {
      if (readings < count) clock.advance(10_000)
      return readings === count
    })
  }
  await bench.untilPublished(`${BASE}/telemetry`, 1)
  await passed(2)
  await until(() => bench.logged('telemetry_not_accepted').length === 1)
  await passed(3)
  await bench.untilPublished(`${BASE}/telemetry`, 2)
  stop()
  clock.advance(600_000)

  expect(readings).toBe(3)
  expect(bench.published(`${BASE}/telemetry`)).toEqual([1, 3].map((n) => ({ n, deviceId: 'Instance-1' })))
  expect(bench.logged('telemetry_not_accepted')).toMatchObject([{ problem: 'no sensor' }])
})

test('a program answers a command itself, and asks how the service is', async () => {
  expect(await edge.sendCommandResponse('c1', { status: 'success', data: 7 })).toBe(true)
  expect(bench.published(`${BASE}/response`)).toEqual([
    { status: 'success', data: 7, messageId: 'c1', timestamp: expect.stringMatching(/Z$/), deviceId: 'Instance-1' },
  ])
  expect(edge.healthCheck()).toEqual((await call(edge, '/health')).body)
})

test('other ids bring other topics, and end those before', async () => {
  const before = `${BASE}/command/edge`
  const after = 'org/acme/device/Instance-2/command/edge'
  edge.provision({ deviceId: 'Instance-2' })
  await until(() => bench.logged('subscribed').some(({ filter }) => filter === after))
  await bench.send(after, { waitResponse: true, messageId: 'moved', command: 'any/thing', payload: {} })
  await bench.untilPublished('org/acme/device/Instance-2/response', 1)

  expect(bench.published('org/acme/device/Instance-2/response')).toMatchObject([{ messageId: 'moved' }])
  await until(() => !bench.test.broker.subscriptionsOf('edge-1')?.some(({ filter }) => filter === before))
  expect(edge.health().device_info).toEqual({ organization_id: 'acme', robot_instance_id: 'Instance-2' })
})
