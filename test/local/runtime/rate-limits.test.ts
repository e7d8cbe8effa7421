import { expect, test } from 'vitest'
import { DEFAULT_LIMITS, NO_RATE_LIMITS } from '#local/broker/index.ts'
import { RATE_LIMIT_MODES, rateLimits } from '../../../local/runtime/rate-limits.ts'

test.each(RATE_LIMIT_MODES)('mode %s lifts no more than it says', (mode) => {
  const limits = { ...DEFAULT_LIMITS, ...rateLimits(mode) }
  const lifted = Object.keys(NO_RATE_LIMITS).filter((name) => limits[name as keyof typeof limits] === Infinity)
  const expected = { service: [], local: ['maxConnectsPerSecondPerClientId'], off: Object.keys(NO_RATE_LIMITS) }

  expect(lifted).toEqual(expected[mode])
  expect(Object.keys(rateLimits(mode)).every((name) => name in NO_RATE_LIMITS)).toBe(true)
})
