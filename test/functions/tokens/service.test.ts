import jwt from 'jsonwebtoken'
import { describe, expect, test } from 'vitest'
import { bridgeError, type ErrorCode } from '#contract/index.ts'
import { clientKeyText, deviceKeyText } from '#keys/index.ts'
import { CALLER, KEY, MASTER, NOW_SECONDS, openTokenService, withClientKey } from './set-up.ts'

const verify = (token: unknown) =>
  jwt.verify(String(token), KEY.secret, { algorithms: ['HS256'], clockTimestamp: NOW_SECONDS, complete: true })

describe('a token', () => {
  test('speaks for the device, for the default time, with all that its role has', async () => {
    const { ask } = openTokenService()

    const { statusCode, headers, answer } = await ask({ client_id: 'sensor-7' })

    expect([statusCode, headers['cache-control']]).toEqual([200, 'no-store'])
    expect(answer).toEqual({
      token: expect.any(String),
      expires_at_seconds: NOW_SECONDS + 300,
      permissions: ['sub:${root}/events/#'],
      cut: [],
    })
    const { header, payload } = verify(answer.token)
    expect(header).toEqual({ alg: 'HS256', typ: 'JWT', kid: 'issuer-1' })
    expect(payload).toEqual({
      sub: 'sensor-7',
      iat: NOW_SECONDS,
      exp: NOW_SECONDS + 300,
      permissions: ['sub:${root}/events/#'],
    })
  })

  test('is cut to the role, and says what was cut', async () => {
    const { ask } = openTokenService()

    const { answer } = await ask({ client_id: 'sensor-7', permissions: ['jamey/#'], lifetime_seconds: 60 })

    expect(answer).toMatchObject({
      permissions: ['sub:jamey/events/#'],
      cut: ['jamey/#'],
      expires_at_seconds: NOW_SECONDS + 60,
    })
    expect(verify(answer.token).payload).toMatchObject({ permissions: ['sub:jamey/events/#'] })
  })

  test('is signed with the key whose time has come', async () => {
    const next = { ...KEY, kid: 'issuer-2', signs_from_seconds: NOW_SECONDS + 1 }
    const { ask } = openTokenService({ issuerKeys: async () => [next, KEY] })

    const { answer } = await ask({ client_id: 'sensor-7' })

    expect(verify(answer.token).header.kid).toBe('issuer-1')
  })

  test('of a device that was restored in this second is one that it accepts', async () => {
    const { ask } = openTokenService({ record: { not_before_seconds: NOW_SECONDS + 1 } })

    const { answer } = await ask({ client_id: 'sensor-7' })

    expect(verify(answer.token).payload).toMatchObject({ iat: NOW_SECONDS + 1 })
  })
})

describe('is refused with a problem document:', () => {
  test.each<[string, unknown, Parameters<typeof openTokenService>[0], number, ErrorCode]>([
    ['no JSON', '{', {}, 400, 'token_request_invalid'],
    ['no object', [], {}, 400, 'token_request_invalid'],
    ['no client id', {}, {}, 400, 'token_request_invalid'],
    ['a client id of other characters', { client_id: 'a b' }, {}, 400, 'token_request_invalid'],
    ['an unknown field', { client_id: 'sensor-7', role: 'agent' }, {}, 400, 'token_request_invalid'],
    ['no permissions', { client_id: 'sensor-7', permissions: [] }, {}, 400, 'token_request_invalid'],
    ['a lifetime of nothing', { client_id: 'sensor-7', lifetime_seconds: 0 }, {}, 400, 'token_request_invalid'],
    ['a lifetime too long', { client_id: 'sensor-7', lifetime_seconds: 601 }, {}, 400, 'token_request_invalid'],
    ['an illegal pattern', { client_id: 'sensor-7', permissions: ['a/#/b'] }, {}, 400, 'permission_invalid'],
    [
      'nothing that the role has',
      { client_id: 'sensor-7', permissions: ['pub:jamey/memory/store'] },
      {},
      403,
      'rights_empty',
    ],
    ['an unknown device', { client_id: 'sensor-8' }, {}, 403, 'device_unknown'],
    ['a revoked device', { client_id: 'sensor-7' }, { record: { status: 'revoked' } }, 403, 'device_inactive'],
    ['a role that is gone', { client_id: 'sensor-7' }, { record: { role: 'gone' } }, 500, 'role_unknown'],
    ['no signing key', { client_id: 'sensor-7' }, { issuerKeys: async () => [] }, 503, 'issuer_unavailable'],
    [
      'a table out of reach',
      { client_id: 'sensor-7' },
      { devices: { find: () => Promise.reject(bridgeError('store_unavailable', { operation: 'device record' })) } },
      503,
      'store_unavailable',
    ],
  ])('%s', async (_, body, changes, status, code) => {
    const { ask, counts } = openTokenService(changes)

    const { statusCode, headers, answer } = await ask(body)

    expect([statusCode, answer.code, answer.status]).toEqual([status, code, status])
    expect(headers['content-type']).toBe('application/problem+json')
    expect(counts.TokensRefused).toBe(1)
  })

  test('a fault without a code, of which nothing is told', async () => {
    const { ask, lines, counts } = openTokenService({ issuerKeys: () => Promise.reject(new Error('secret words')) })

    const { statusCode, answer } = await ask({ client_id: 'sensor-7' })

    expect([statusCode, answer.code]).toEqual([500, 'internal'])
    expect(JSON.stringify([answer, lines])).not.toContain('secret words')
    expect(counts.SystemFaults).toBe(1)
  })

  test('no body at all, with its line in the audit log', async () => {
    const { ask, lines } = openTokenService()

    const { statusCode, answer } = await ask(undefined, { body: undefined })

    expect([statusCode, answer.code]).toEqual([400, 'token_request_invalid'])
    expect(lines).toMatchObject([
      { event: 'token_refused', fields: { request_id: 'request-1', asked_by: CALLER, code: 'token_request_invalid' } },
    ])
  })

  test('a body that is not said to be JSON', async () => {
    const { ask } = openTokenService()

    expect((await ask({ client_id: 'sensor-7' }, { headers: {} })).answer).toMatchObject({
      code: 'token_request_invalid',
    })
  })

  test('a call that no principal of IAM has signed, whatever the gateway let through', async () => {
    const { ask } = openTokenService()
    const requestContext = { requestId: 'request-1' }

    for (const event of [{ requestContext }, { requestContext, routeKey: 'GET /tokens' }]) {
      expect((await ask({ client_id: 'sensor-7' }, event)).answer).toMatchObject({ code: 'caller_unverified' })
    }
  })
})

describe('with a client key', () => {
  const OWN = clientKeyText(MASTER, 'sensor-7', 3)

  test('a device gets a token for itself', async () => {
    const { ask, lines } = openTokenService()

    const { statusCode, answer } = await ask({ client_id: 'sensor-7' }, withClientKey(OWN))

    expect(statusCode).toBe(200)
    expect(verify(answer.token).payload).toMatchObject({ sub: 'sensor-7' })
    expect(lines).toMatchObject([{ fields: { asked_by: 'client key' } }])
  })

  test.each([
    ['none', undefined, {}],
    ['one of another device', clientKeyText(MASTER, 'sensor-8', 3), {}],
    ['one that was renewed', clientKeyText(MASTER, 'sensor-7', 2), {}],
    ['the key that signs', deviceKeyText(MASTER, 'sensor-7', 3), {}],
    ['one of another deployment', clientKeyText('another-master-secret-0123456789', 'sensor-7', 3), {}],
    ['a shortened one', OWN.slice(0, -1), {}],
    ['a lengthened one', `${OWN}A`, {}],
    ['the right one, revoked', OWN, { record: { status: 'revoked' as const } }],
  ])('%s: nobody gets one, and all are told the same', async (_, key, changes) => {
    const { ask } = openTokenService(changes)

    const refused = await ask({ client_id: 'sensor-7' }, withClientKey(key))
    const unknown = await ask({ client_id: 'sensor-9' }, withClientKey(OWN))

    expect(refused.answer).toMatchObject({ status: 401, code: 'caller_unverified' })
    expect(unknown).toEqual(refused)
  })
})

test('a log line holds nothing of what the caller wrote, also of what was wrong with it', async () => {
  const { ask, lines } = openTokenService()

  const { answer } = await ask({ client_id: 'sensor-7', 'a-name-of-mine': 1 })

  expect(answer.detail).toContain('a-name-of-mine')
  expect(JSON.stringify(lines)).toContain('token_request_invalid')
  expect(JSON.stringify(lines)).not.toContain('a-name-of-mine')
})

test('who has no key costs no read of the device table', async () => {
  const found: string[] = []
  const devices = {
    find: async (clientId: string) => {
      found.push(clientId)
      return undefined
    },
  }
  const { ask } = openTokenService({ devices })
  const right = clientKeyText(MASTER, 'sensor-7', 3)
  const keys = [undefined, '', 'client-1.x', `${right.slice(0, -1)}_`, clientKeyText(MASTER, 'sensor-8', 3)]
  for (const key of keys) {
    expect((await ask({ client_id: 'sensor-7' }, withClientKey(key))).statusCode).toBe(401)
  }
  expect(found).toEqual([])
  await ask({ client_id: 'sensor-7' }, withClientKey(right))
  expect(found).toEqual(['sensor-7'])
})

describe('the audit log', () => {
  test('says who asked, for whom and what came of it, and never holds token or key', async () => {
    const { ask, lines } = openTokenService()
    const key = clientKeyText(MASTER, 'sensor-7', 3)

    const issued = await ask({ client_id: 'sensor-7', permissions: ['jamey/#'] })
    const issuedByKey = await ask({ client_id: 'sensor-7' }, withClientKey(key))
    await ask({ client_id: 'sensor-9' })

    expect(lines).toMatchObject([
      {
        level: 'info',
        event: 'token_issued',
        fields: {
          asked_by: CALLER,
          client_id: 'sensor-7',
          request_id: 'request-1',
          source_ip: '192.0.2.1',
          permissions: ['sub:jamey/events/#'],
          cut: ['jamey/#'],
          expires_at_seconds: NOW_SECONDS + 300,
        },
      },
      { level: 'info', event: 'token_issued', fields: { asked_by: 'client key' } },
      {
        level: 'warn',
        event: 'token_refused',
        fields: { asked_by: CALLER, client_id: 'sensor-9', code: 'device_unknown' },
      },
    ])
    const text = JSON.stringify(lines)
    for (const secret of [issued.answer.token, issuedByKey.answer.token, key]) expect(text).not.toContain(secret)
  })
})
