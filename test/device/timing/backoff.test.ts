import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { backoffDelayMs, RECONNECT_DEFAULTS } from '../../../device/timing/backoff.ts'

const options = { ...RECONNECT_DEFAULTS, jitter: 0 }

test.each([
  [1, 0],
  [2, 1_000],
  [3, 2_000],
  [4, 4_000],
  [7, 32_000],
  [8, 60_000],
  [100, 60_000],
])('the pause after failure %i is %i ms', (failures, delayMs) => {
  expect(backoffDelayMs(failures, options, 0.5)).toBe(delayMs)
})

test('base, factor and cap come from the options', () => {
  const own = { ...options, baseDelayMs: 10, factor: 3, maxDelayMs: 50 }

  expect([2, 3, 4, 5].map((failures) => backoffDelayMs(failures, own, 0))).toEqual([10, 30, 50, 50])
})

describe('the jitter', () => {
  test('keeps each pause within its share, and uses all of it', () => {
    const jittered = { ...RECONNECT_DEFAULTS, jitter: 0.2 }
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 50 }),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        (failures, random) => {
          const plainMs = backoffDelayMs(failures, options, 0)
          const delayMs = backoffDelayMs(failures, jittered, random)
          expect(delayMs).toBeGreaterThanOrEqual(plainMs * 0.8)
          expect(delayMs).toBeLessThanOrEqual(plainMs * 1.2)
        },
      ),
    )
    expect(backoffDelayMs(2, jittered, 0)).toBe(800)
    expect(backoffDelayMs(2, jittered, 1)).toBeCloseTo(1_200)
  })
})
