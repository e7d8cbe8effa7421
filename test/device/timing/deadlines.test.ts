import { expect, test } from 'vitest'
import { createDeadlines } from '../../../device/timing/deadlines.ts'
import { createDeviceClock } from '../harness/device-clock.ts'

test('each wait ends at its time, and those of one duration share a timer', () => {
  const clock = createDeviceClock()
  const deadlines = createDeadlines(clock)
  const ended: string[] = []

  deadlines.after(100, () => ended.push('first'))
  clock.advance(40)
  deadlines.after(100, () => ended.push('second'))
  deadlines.after(50, () => ended.push('short'))

  expect(clock.scheduledCount).toBe(2)
  clock.advance(50)
  expect(ended).toEqual(['short'])
  clock.advance(10)
  expect(ended).toEqual(['short', 'first'])
  clock.advance(39)
  expect(ended).toEqual(['short', 'first'])
  clock.advance(1)
  expect(ended).toEqual(['short', 'first', 'second'])
  expect(clock.scheduledCount).toBe(0)
})

test('a wait that was ended early does not call back', () => {
  const clock = createDeviceClock()
  const deadlines = createDeadlines(clock)
  const ended: string[] = []

  const cancel = deadlines.after(100, () => ended.push('cancelled'))
  deadlines.after(100, () => ended.push('kept'))
  cancel()
  clock.advance(100)

  expect(ended).toEqual(['kept'])
})

test('a wait that its own callback begins anew runs its full time', () => {
  const clock = createDeviceClock()
  const deadlines = createDeadlines(clock)
  const endedAtMs: number[] = []
  const again = () => {
    endedAtMs.push(clock.monotonicMs())
    if (endedAtMs.length < 3) deadlines.after(100, again)
  }

  deadlines.after(100, again)
  clock.advance(1_000)

  expect(endedAtMs).toEqual([100, 200, 300])
})

test('an infinite wait takes no timer, and clear ends all others', () => {
  const clock = createDeviceClock()
  const deadlines = createDeadlines(clock)
  let calls = 0

  deadlines.after(Number.POSITIVE_INFINITY, () => calls++)
  expect(clock.scheduledCount).toBe(0)
  deadlines.after(10, () => calls++)
  deadlines.clear()
  clock.advance(100)

  expect(calls).toBe(0)
  expect(clock.scheduledCount).toBe(0)
})
