import { describe, expect, test } from 'vitest'
import { KEY_LIMITS, parseDeviceKey } from '#contract/index.ts'
import { deriveDeviceSecret, deviceKeyText } from '#keys/index.ts'
import { MASTER_SECRET, signToken } from '../../fixtures/tokens.ts'
import { allows, CLAIMS, CLIENT, connect, HEADER, honest, NOW_MS, RECORD, REFUSED, setUp } from './set-up.ts'

/** A token as a device makes it from what `bridge device key` printed. */
function ownToken(keyVersion = 1, claims: object = {}): string {
  const key = parseDeviceKey(deviceKeyText(MASTER_SECRET, CLIENT, keyVersion))
  return signToken({ ...HEADER, kid: key?.kid }, { ...CLAIMS, ...claims }, { secret: key?.secret ?? '' })
}

describe('a token that a device signs itself', () => {
  test('lets it in, and says in the log whose key it was', async () => {
    const { authorize, observer } = setUp()

    expect((await authorize(connect(ownToken()))).isAuthenticated).toBe(true)
    expect(observer.lines[0]?.fields).toMatchObject({ decision: 'allowed', signer: 'device', client_id: CLIENT })
  })

  test('is cut to the role', async () => {
    const { authorize, observer } = setUp({ record: { ...RECORD, role: 'observer' } })
    const answer = await authorize(connect(ownToken(1, { permissions: ['#', 'pub:jamey/memory/store'] })))

    expect(allows(answer, 'Receive', 'topic/jamey/events/status')).toBe(true)
    expect(allows(answer, 'Publish', 'topic/jamey/memory/store')).toBe(false)
    expect(observer.lines[0]?.fields).toMatchObject({
      granted: { count: 1, first: ['#'] },
      cut: { count: 1, first: ['pub:jamey/memory/store'] },
    })
  })

  test('is worth nothing once the key is renewed, and one of the new key is taken', async () => {
    const renewed = { record: { ...RECORD, key_version: 2 } }
    const { authorize, observer } = setUp(renewed)

    expect(await authorize(connect(ownToken(1)))).toEqual(REFUSED)
    expect(observer.lines[0]?.fields.code).toBe('token_key_revoked')
    expect((await authorize(connect(ownToken(2)))).isAuthenticated).toBe(true)
    expect((await authorize(connect(honest()))).isAuthenticated).toBe(true)
  })

  test('speaks for nobody else, with any key id', async () => {
    for (const kid of ['device-1', 'device-2', 'k1', 'k2', undefined]) {
      const token = signToken(
        { alg: 'HS256', kid },
        { ...CLAIMS, sub: 'you' },
        { secret: deriveDeviceSecret(MASTER_SECRET, CLIENT, 1) },
      )
      expect(await setUp().authorize(connect(token, { clientId: 'you' }))).toEqual(REFUSED)
    }
  })

  test('needs one read of the master secret in a cache lifetime, whatever ids are made up', async () => {
    let nowMs = NOW_MS
    let loads = 0
    const { authorize } = setUp({
      nowMs: () => nowMs,
      loadMaster: async () => {
        loads += 1
        return MASTER_SECRET
      },
    })
    await authorize(connect(honest()))
    expect(loads).toBe(0)
    for (let version = 1; version < 50; version += 1) await authorize(connect(ownToken(version)))
    expect(loads).toBe(1)
    nowMs += KEY_LIMITS.cachedSeconds * 1_000
    await authorize(connect(ownToken()))
    expect(loads).toBe(2)
  })

  test('is refused while the master secret cannot be read; others are not', async () => {
    const { authorize, observer } = setUp({ loadMaster: () => Promise.reject(new Error('denied')) })

    expect(await authorize(connect(ownToken()))).toEqual(REFUSED)
    expect(observer.lines[0]).toMatchObject({ level: 'error', fields: { code: 'authorizer_unavailable' } })
    expect((await authorize(connect(honest()))).isAuthenticated).toBe(true)
  })
})

describe('a client certificate beside the token', () => {
  const own = 'a'.repeat(64)
  const record = { ...RECORD, certificate_ids: [own] }
  const tls = (principalId?: string, x509CertificatePem = 'PEM') => ({
    serverName: 'bridge.example.com',
    x509CertificatePem,
    ...(principalId !== undefined && { principalId }),
  })

  test('of the device makes its id the principal, and adds no right', async () => {
    const plain = await setUp({ record }).authorize(connect(honest()))
    const { authorize, observer } = setUp({ record })
    const answer = await authorize(connect(honest(), {}, tls(own)))

    expect(answer).toEqual({ ...plain, principalId: own })
    expect(observer.lines[0]?.fields).toMatchObject({ certificate_id: own })
  })

  test.each([
    ['of another device', tls('b'.repeat(64)), honest(), 'certificate_foreign'],
    ['without an id', tls(), honest(), 'certificate_foreign'],
    ['of the device, in capitals', tls(own.toUpperCase()), honest(), 'certificate_foreign'],
    ['of the device, without a token', tls(own), undefined, 'token_missing'],
    ['of the device, with the token of another', tls(own), honest({ sub: 'you' }), 'token_subject_mismatch'],
  ])('%s is refused', async (_, withCertificate, token, code) => {
    const { authorize, observer } = setUp({ record })

    expect(await authorize(connect(token, {}, withCertificate))).toEqual(REFUSED)
    expect(observer.lines[0]?.fields.code).toBe(code)
  })

  test('is refused where the record has none', async () => {
    expect(await setUp().authorize(connect(honest(), {}, tls(own)))).toEqual(REFUSED)
  })
})

test('a token that the gateway has verified may stand in the event', async () => {
  const event = { ...connect(undefined), token: honest(), signatureVerified: true }

  expect((await setUp().authorize(event)).isAuthenticated).toBe(true)
})
