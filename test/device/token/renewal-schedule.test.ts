import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RENEWAL_DEFAULTS, renewalDelayMs } from '../../../device/token/renewal-schedule.ts'

const delay = (lifetimeSeconds: number, random: number, options = RENEWAL_DEFAULTS) =>
  renewalDelayMs(lifetimeSeconds * 1_000, options, random) / 1_000

test('a token of 300 s is renewed between 180 and 270 s', () => {
  expect(delay(300, 0)).toBe(180)
  expect(delay(300, 0.5)).toBe(225)
  expect(delay(300, 1)).toBe(270)
})

test('spread and margin come from the options', () => {
  const options = { latestBeforeExpirySeconds: 60, spread: 0.5 }

  expect(delay(300, 0, options)).toBe(150)
  expect(delay(300, 1, options)).toBe(240)
})

test('however short the life, it is renewed before its end and not at once, spread over some time', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 86_400 }),
      fc.double({ min: 0, max: 0.999_999, noNaN: true }),
      (lifetime, random) => {
        const earliest = delay(lifetime, 0)
        const latest = delay(lifetime, 1)
        const renewal = delay(lifetime, random)
        expect(renewal).toBeLessThan(lifetime)
        expect(renewal).toBeGreaterThanOrEqual(earliest)
        expect(renewal).toBeLessThanOrEqual(latest)
        expect(latest - earliest).toBeGreaterThan(0)
        expect(earliest).toBeGreaterThan(lifetime * 0.399)
        if (lifetime >= 60) expect(latest).toBe(lifetime - 30)
      },
    ),
  )
})

test('1,000 devices that started together do not renew together', () => {
  const perSecond = new Map<number, number>()
  for (let device = 0; device < 1_000; device++) {
    const second = Math.floor(delay(300, device / 1_000))
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1)
  }

  expect(Math.max(...perSecond.values())).toBeLessThanOrEqual(12)
})
