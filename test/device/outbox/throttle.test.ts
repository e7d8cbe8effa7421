import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createThrottle } from '../../../device/outbox/throttle.ts'

test('no second, however it is cut, holds more messages than the limit, and none waits longer than it must', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10 }),
      fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 80 }),
      (publishesPerSecond, gapsMs) => {
        const throttle = createThrottle({ publishesPerSecond, bytesPerSecond: 1_000_000 })
        const sentMs: number[] = []
        let nowMs = 0
        for (const gapMs of gapsMs) {
          nowMs += gapMs
          const waitMs = throttle.waitMs(nowMs, 10)
          const inWindow = sentMs.filter((atMs) => atMs > nowMs - 1_000).length
          expect(waitMs > 0).toBe(inWindow >= publishesPerSecond)
          nowMs += waitMs
          throttle.count(nowMs, 10)
          sentMs.push(nowMs)
        }
        for (const fromMs of sentMs) {
          expect(sentMs.filter((atMs) => atMs >= fromMs && atMs < fromMs + 1_000).length).toBeLessThanOrEqual(
            publishesPerSecond,
          )
        }
      },
    ),
  )
})

test('bytes flow at their rate, after one second of them at once', () => {
  const throttle = createThrottle({ publishesPerSecond: Number.POSITIVE_INFINITY, bytesPerSecond: 1_000 })
  const send = (nowMs: number, bytes: number) => {
    const waitMs = throttle.waitMs(nowMs, bytes)
    if (waitMs === 0) throttle.count(nowMs, bytes)
    return waitMs
  }

  expect(send(0, 600)).toBe(0)
  expect(send(0, 400)).toBe(0)
  expect(send(0, 100)).toBeCloseTo(101)
  expect(send(100, 100)).toBe(0)
  expect(send(5_000, 5_000)).toBe(0)
  expect(send(5_000, 1)).toBeGreaterThan(4_000)
})
