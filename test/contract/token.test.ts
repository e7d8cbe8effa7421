import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type IssuerKey, issuerKeySchema, signingKey, verificationKeys } from '#contract/index.ts'

const GRACE = 310
const SECRET = 'x'.repeat(32)
const OLD: IssuerKey = { kid: 'old', secret: SECRET }
const NEW: IssuerKey = { kid: 'new', secret: SECRET, signs_from_seconds: 1_000 }

describe('signingKey', () => {
  test.each([
    [[NEW, OLD], 999, 'old'],
    [[NEW, OLD], 1_000, 'new'],
    // the order says which is which, not the times: a key that was announced and then replaced never signs
    [
      [
        { ...NEW, kid: 'replacing', accepts_previous: false },
        { ...OLD, signs_from_seconds: 1_260 },
      ],
      1_300,
      'replacing',
    ],
    [[NEW], 0, 'new'],
    [[OLD], 0, 'old'],
    [[{ ...OLD, kid: 'put by hand' }, OLD], 5, 'put by hand'],
  ] as [IssuerKey[], number, string][])('%# at %d s', (keys, now, kid) => {
    expect(signingKey(keys, now)?.kid).toBe(kid)
  })

  test('is none of no keys', () => {
    expect(signingKey([], 1)).toBeUndefined()
  })

  test('is always among the keys that are taken', () => {
    const from = fc.option(fc.integer({ min: 0, max: 10_000 }), { nil: undefined })
    fc.assert(
      fc.property(fc.array(from, { minLength: 1, maxLength: 2 }), fc.integer({ min: 0, max: 20_000 }), (times, now) => {
        const keys = times.map((time, index) => ({
          kid: `k${index}`,
          secret: SECRET,
          ...(time !== undefined && { signs_from_seconds: time }),
        }))
        expect(verificationKeys(keys, now, GRACE)).toContain(signingKey(keys, now))
      }),
    )
  })
})

describe('verificationKeys', () => {
  const taken = (keys: IssuerKey[], now: number) => verificationKeys(keys, now, GRACE).map(({ kid }) => kid)

  test('has the new key before it signs, and the old one until its grace is over', () => {
    expect(taken([NEW, OLD], 0)).toEqual(['new', 'old'])
    expect(taken([NEW, OLD], 1_000 + GRACE - 1)).toEqual(['new', 'old'])
    expect(taken([NEW, OLD], 1_000 + GRACE)).toEqual(['new'])
  })

  test('has no old key once one that replaces it as stolen signs', () => {
    const replacing = { ...NEW, accepts_previous: false }
    expect(taken([replacing, OLD], 999)).toEqual(['new', 'old'])
    expect(taken([replacing, OLD], 1_000)).toEqual(['new'])
  })

  test('has no key that one replaces as stolen, whatever times the two carry and as soon as the new one signs', () => {
    const time = fc.integer({ min: 0, max: 10_000 })
    fc.assert(
      fc.property(fc.option(time, { nil: undefined }), time, time, (replacingFrom, stolenFrom, later) => {
        const stolen: IssuerKey = { kid: 'stolen', secret: SECRET, signs_from_seconds: stolenFrom }
        const from = replacingFrom !== undefined && { signs_from_seconds: replacingFrom }
        const keys = [{ kid: 'replacing', secret: SECRET, accepts_previous: false, ...from }, stolen]
        const now = (replacingFrom ?? 0) + later
        expect(taken(keys, now)).toEqual(['replacing'])
        expect(signingKey(keys, now)?.kid).toBe('replacing')
      }),
    )
  })

  test('keeps both keys of a secret that was put by hand, without a time', () => {
    expect(taken([{ ...OLD, kid: 'put by hand' }, OLD], 1e9)).toEqual(['put by hand', 'old'])
  })
})

test.each([
  { kid: '', secret: SECRET },
  { kid: 'k', secret: 'x'.repeat(31) },
  { kid: 'k', secret: SECRET, signs_from_seconds: -1 },
  { kid: 'k', secret: SECRET, signs_from_seconds: 1.5 },
  { kid: 'k', secret: SECRET, accepts_previous: 'no' },
])('%j is no issuer key', (key) => {
  expect(issuerKeySchema.safeParse(key).success).toBe(false)
})
