import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type IssuerKey, KEY_LIMITS, signingKey } from '#contract/index.ts'
import { createIssuerKey } from '#keys/index.ts'
import { createIssuerKeys } from '../../../functions/authorizer/keys/issuer-keys.ts'
import { CURRENT_KEY, PREVIOUS_KEY } from '../../fixtures/tokens.ts'

const CACHED_MS = KEY_LIMITS.cachedSeconds * 1_000
const PAUSE_MS = KEY_LIMITS.refetchPauseSeconds * 1_000
const GRACE_SECONDS = 310

function setUp(secret: IssuerKey[] = [CURRENT_KEY, PREVIOUS_KEY]) {
  let nowMs = 1_000_000_000
  let loads = 0
  let source: () => Promise<IssuerKey[]> = async () => secret
  const keys = createIssuerKeys(
    () => {
      loads += 1
      return source()
    },
    { graceSeconds: GRACE_SECONDS, nowMs: () => nowMs },
  )
  return {
    /** The ids that a token of this moment can name. */
    takes: async (kid: string | undefined) => (await keys.find(kid)) !== undefined,
    key: async (kid: string | undefined) => (await keys.find(kid))?.key.export().toString(),
    loads: () => loads,
    nowSeconds: () => nowMs / 1_000,
    pass: (ms: number) => {
      nowMs += ms
    },
    serve: (next: () => Promise<IssuerKey[]>) => {
      source = next
    },
  }
}

const failing = () => Promise.reject(new Error('denied'))

describe('createIssuerKeys', () => {
  test('finds keys by id, and the signing key without one', async () => {
    const { key, loads } = setUp()

    expect(await key('k1')).toBe(PREVIOUS_KEY.secret)
    expect(await key('k2')).toBe(CURRENT_KEY.secret)
    expect(await key(undefined)).toBe(CURRENT_KEY.secret)
    expect(loads()).toBe(1)
  })

  test('reads again when the keys are old', async () => {
    const { takes, loads, pass } = setUp()
    await takes('k2')
    pass(CACHED_MS - 1)
    await takes('k2')
    expect(loads()).toBe(1)
    pass(1)
    await takes('k2')
    expect(loads()).toBe(2)
  })

  test('a made-up id causes no read, however many and whenever', async () => {
    const { takes, loads, pass } = setUp()
    await takes('k2')
    for (let index = 0; index < 200; index += 1) {
      pass((CACHED_MS - 1) / 200)
      expect(await takes(`made-up-${index}`)).toBe(false)
    }
    expect(loads()).toBe(1)
  })

  test('askers at once share one read', async () => {
    const { takes, loads } = setUp()
    await Promise.all([takes('k1'), takes('k2'), takes(undefined), takes('k9')])
    expect(loads()).toBe(1)
  })

  test('a failed read keeps the keys that worked, and is not repeated within the pause', async () => {
    const { takes, loads, pass, serve } = setUp()
    await takes('k2')
    serve(failing)
    pass(CACHED_MS)
    for (let index = 0; index < 20; index += 1) {
      expect(await takes('k2')).toBe(true)
      expect(await takes(`made-up-${index}`)).toBe(false)
    }
    expect(loads()).toBe(2)
    pass(PAUSE_MS)
    await takes('k2')
    expect(loads()).toBe(3)
  })

  test('keys that cannot be read again are in use for an hour more, and then nobody gets in until they can', async () => {
    const { takes, pass, serve } = setUp()
    await takes('k2')
    serve(failing)
    pass(CACHED_MS + KEY_LIMITS.staleSeconds * 1_000 - 1)
    expect(await takes('k2')).toBe(true)
    pass(1)
    await expect(takes('k2')).rejects.toMatchObject({ code: 'authorizer_unavailable' })
    serve(async () => [CURRENT_KEY])
    pass(PAUSE_MS)
    expect(await takes('k2')).toBe(true)
  })

  test('without any key a failed read is authorizer_unavailable, and the next asker tries again', async () => {
    const { takes, serve } = setUp()
    serve(failing)
    await expect(takes('k2')).rejects.toMatchObject({ code: 'authorizer_unavailable', cause: new Error('denied') })
    serve(async () => [CURRENT_KEY])
    expect(await takes('k2')).toBe(true)
  })
})

describe('a rotation', () => {
  test('is known to a verifier before any issuer signs, under a flood of made-up ids and wherever its schedule stands', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: CACHED_MS }),
        fc.array(fc.integer({ min: 1, max: 120_000 }), { minLength: 1, maxLength: 60 }),
        async (loadedBeforeMs, steps) => {
          const verifier = setUp([CURRENT_KEY])
          await verifier.takes('k2')
          verifier.pass(loadedBeforeMs)
          const next = createIssuerKey(verifier.nowSeconds())
          const inUse = [next, CURRENT_KEY]
          verifier.serve(async () => inUse)
          for (const step of steps) {
            verifier.pass(step)
            await verifier.takes(`made-up-${step}`)
            // issuer and verifier have one clock here; what they may differ by is the margin
            const signs = signingKey(inUse, verifier.nowSeconds())
            expect(await verifier.takes(signs?.kid)).toBe(true)
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  test('is survived by a verifier whose reads fail for most of the margin', async () => {
    const { takes, pass, serve, nowSeconds } = setUp([CURRENT_KEY])
    await takes('k2')
    const next = createIssuerKey(nowSeconds())
    serve(failing)
    pass(CACHED_MS)
    await takes('k2')
    pass(KEY_LIMITS.announcedMarginSeconds * 1_000 - PAUSE_MS)
    serve(async () => [next, CURRENT_KEY])

    expect(await takes(next.kid)).toBe(true)
    expect(nowSeconds()).toBeLessThan(next.signs_from_seconds ?? 0)
  })

  test('takes the old key until the last of its tokens has expired, and no longer', async () => {
    const { takes, pass, serve, nowSeconds } = setUp([CURRENT_KEY])
    const next = createIssuerKey(nowSeconds())
    serve(async () => [next, CURRENT_KEY])
    pass(((next.signs_from_seconds ?? 0) - nowSeconds() + GRACE_SECONDS) * 1_000 - 1)
    expect(await takes('k2')).toBe(true)
    pass(1)
    expect(await takes('k2')).toBe(false)
    expect(await takes(next.kid)).toBe(true)
  })

  test('for a stolen key refuses its tokens from the next read on', async () => {
    const { takes, pass, serve, nowSeconds } = setUp()
    await takes('k2')
    const next = createIssuerKey(nowSeconds(), { replacesStolen: true })
    serve(async () => [next, CURRENT_KEY])
    pass(CACHED_MS)
    expect(await takes('k2')).toBe(false)
    expect(await takes(next.kid)).toBe(true)
  })
})
