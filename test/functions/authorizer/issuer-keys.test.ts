import { describe, expect, test } from 'vitest'
import type { IssuerKey } from '#contract/index.ts'
import { createIssuerKeys } from '../../../functions/authorizer/issuer-keys.ts'
import { CURRENT_KEY, PREVIOUS_KEY } from '../../fixtures/tokens.ts'

const NEXT_KEY: IssuerKey = { kid: 'k3', secret: 'next-issuer-secret-of-at-least-32-bytes' }

function setUp() {
  let nowMs = 0
  let loads = 0
  let source: () => Promise<IssuerKey[]> = async () => [CURRENT_KEY, PREVIOUS_KEY]
  const keys = createIssuerKeys(
    () => {
      loads += 1
      return source()
    },
    { cachedMs: 300_000, refetchPauseMs: 10_000, nowMs: () => nowMs },
  )
  return {
    keys,
    loads: () => loads,
    at: (ms: number) => {
      nowMs = ms
    },
    serve: (next: () => Promise<IssuerKey[]>) => {
      source = next
    },
  }
}

const failing = () => Promise.reject(new Error('denied'))
const UNKNOWN = { code: 'token_key_unknown' }

describe('createIssuerKeys', () => {
  test('finds keys by id, and the signing key without one', async () => {
    const { keys, loads } = setUp()

    expect(await keys.find('k1')).toBe(PREVIOUS_KEY)
    expect(await keys.find('k2')).toBe(CURRENT_KEY)
    expect(await keys.find(undefined)).toBe(CURRENT_KEY)
    expect(loads()).toBe(1)
  })

  test('reads again when the keys are old', async () => {
    const { keys, loads, at } = setUp()
    await keys.find('k2')
    at(299_999)
    await keys.find('k2')
    expect(loads()).toBe(1)
    at(300_000)
    await keys.find('k2')
    expect(loads()).toBe(2)
  })

  test('an unknown id causes one read in a pause, however many ask', async () => {
    const { keys, loads, at } = setUp()
    await keys.find('k2')
    at(10_000)
    for (let index = 0; index < 20; index += 1)
      await expect(keys.find(`made-up-${index}`)).rejects.toMatchObject(UNKNOWN)
    expect(loads()).toBe(2)
    at(19_999)
    await expect(keys.find('k9')).rejects.toMatchObject(UNKNOWN)
    expect(loads()).toBe(2)
    at(20_000)
    await expect(keys.find('k9')).rejects.toMatchObject(UNKNOWN)
    expect(loads()).toBe(3)
  })

  test('an id asked for at the first read is not read for twice', async () => {
    const { keys, loads } = setUp()
    await expect(keys.find('k9')).rejects.toMatchObject(UNKNOWN)
    expect(loads()).toBe(1)
  })

  test('a new key is found as soon as a token names it', async () => {
    const { keys, at, serve } = setUp()
    await keys.find('k2')
    serve(async () => [NEXT_KEY, CURRENT_KEY])
    at(10_000)

    expect(await keys.find('k3')).toBe(NEXT_KEY)
    await expect(keys.find('k1')).rejects.toMatchObject(UNKNOWN)
  })

  test('askers at once share one read', async () => {
    const { keys, loads } = setUp()
    await Promise.all([keys.find('k1'), keys.find('k2'), keys.find(undefined)])
    expect(loads()).toBe(1)
  })

  test('a failed read keeps the keys that worked', async () => {
    const { keys, at, serve } = setUp()
    await keys.find('k2')
    serve(failing)
    at(300_000)

    expect(await keys.find('k2')).toBe(CURRENT_KEY)
    await expect(keys.find('k9')).rejects.toMatchObject(UNKNOWN)
  })

  test('failed reads pause as well: neither old keys nor made-up ids make a loop of them', async () => {
    const { keys, loads, at, serve } = setUp()
    await keys.find('k2')
    serve(failing)
    at(300_000)
    for (let index = 0; index < 20; index += 1) {
      await keys.find('k2')
      await expect(keys.find(`made-up-${index}`)).rejects.toMatchObject(UNKNOWN)
    }
    expect(loads()).toBe(2)
    at(310_000)
    await keys.find('k2')
    expect(loads()).toBe(3)
  })

  test('without any key a failed read is authorizer_unavailable, and the next asker tries again', async () => {
    const { keys, serve } = setUp()
    serve(failing)
    await expect(keys.find('k2')).rejects.toMatchObject({ code: 'authorizer_unavailable', cause: new Error('denied') })
    serve(async () => [CURRENT_KEY])
    expect(await keys.find('k2')).toBe(CURRENT_KEY)
  })
})
