import { expect, test } from 'vitest'
import { createLane, type LaneItem } from '../../../device/delivery/lane.ts'
import { createDeviceClock } from '../harness/device-clock.ts'

const item = (run: () => unknown, more: Partial<LaneItem> = {}): LaneItem => ({
  qos: 1,
  run,
  accepted() {},
  succeeded() {},
  failed() {},
  overflowed() {},
  ...more,
})

test('a handler that keeps the processor busy lets others in after a while', async () => {
  const clock = createDeviceClock()
  const lane = createLane(clock, { concurrency: 1, maxWaiting: 100 })
  let handled = 0
  // each call takes 4 ms of the processor
  const busy = () => {
    handled += 1
    clock.advance(4)
  }

  for (let index = 0; index < 20; index++) lane.offer(item(busy))
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  const before = handled
  clock.advance(0)
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()

  expect(before).toBeLessThan(20)
  expect(handled).toBeGreaterThan(before)
})

test('what waits for a stopped lane is not handled', async () => {
  const lane = createLane(createDeviceClock(), { concurrency: 1, maxWaiting: 100 })
  const gate = Promise.withResolvers<void>()
  const handled: string[] = []

  lane.offer(item(() => gate.promise.then(() => handled.push('running'))))
  lane.offer(item(() => handled.push('waiting')))
  lane.stop()
  lane.offer(item(() => handled.push('late')))
  gate.resolve()
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()

  expect(handled).toEqual(['running'])
})
