import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import jwt from 'jsonwebtoken'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openHttpApi } from './set-up.ts'

const NOW_SECONDS = Date.UTC(2026, 10, 21, 12) / 1_000
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })
let issuer = ''
let reads = 0
const provider = createServer((request, response) => {
  reads += 1
  const isConfiguration = request.url === '/.well-known/openid-configuration'
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1' }]
  response.end(JSON.stringify(isConfiguration ? { jwks_uri: `${issuer}/keys` } : { keys }))
})

beforeAll(async () => {
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
  const address = provider.address()
  issuer = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
})
afterAll(() => void provider.close())

function token(claims: object = {}, { key = privateKey, kid = 'k1' } = {}): string {
  const payload = { iss: issuer, aud: 'api', sub: 'me', iat: NOW_SECONDS, exp: NOW_SECONDS + 60, ...claims }
  return jwt.sign(payload, key, { algorithm: 'RS256', keyid: kid })
}

async function setUp() {
  const { url, events, log } = await openHttpApi({
    routes: [
      { routeId: 'r1', routeKey: 'GET /open', authorizationType: 'JWT', authorizerId: 'a1' },
      {
        routeId: 'r2',
        routeKey: 'GET /scoped/{id}',
        authorizationType: 'JWT',
        authorizerId: 'a1',
        authorizationScopes: ['devices:ask'],
      },
    ],
    authorizer: { headerName: 'authorization', issuer, audience: ['api'] },
  })
  const ask = (path: string, authorization?: string) =>
    fetch(url + path, authorization ? { headers: { authorization } } : {})
  return { ask, events, log }
}

describe('a route with a JWT authorizer', () => {
  test('gives the function the claims of a valid token, as texts', async () => {
    const { ask, events } = await setUp()

    const answer = await ask('/scoped/7', `Bearer ${token({ scope: 'a devices:ask', groups: ['x', 'y'] })}`)

    expect(answer.status).toBe(200)
    expect(events).toMatchObject([
      {
        pathParameters: { id: '7' },
        requestContext: {
          authorizer: {
            jwt: {
              claims: { sub: 'me', aud: 'api', exp: String(NOW_SECONDS + 60), groups: '[x y]' },
              scopes: ['a', 'devices:ask'],
            },
          },
        },
      },
    ])
  })

  test('takes client_id where there is no aud, and reads the keys once', async () => {
    const { ask } = await setUp()
    reads = 0

    for (let count = 0; count < 3; count += 1) {
      expect((await ask('/open', token({ aud: undefined, client_id: 'api' }))).status).toBe(200)
    }
    expect(reads).toBe(2)
  })

  test.each<[string, () => string | undefined]>([
    ['no token', () => undefined],
    ['what is no token', () => 'Bearer x'],
    ['a token that has ended', () => token({ exp: NOW_SECONDS - 1 })],
    ['a token of the future', () => token({ iat: NOW_SECONDS + 60 })],
    ['a token that is not valid yet', () => token({ nbf: NOW_SECONDS + 60 })],
    ['a token of another issuer', () => token({ iss: 'https://other' })],
    ['a token for others', () => token({ aud: 'other' })],
    ['a token of an unknown key', () => token({}, { kid: 'k2' })],
    ['a token that somebody else signed', () => token({}, { key: stranger.privateKey })],
    ['a token signed with a secret', () => jwt.sign({ iss: issuer, aud: 'api' }, 'secret', { keyid: 'k1' })],
  ])('refuses %s, and says why in the log alone', async (_, make) => {
    const { ask, events, log } = await setUp()

    const answer = await ask('/open', make())

    expect(answer.status).toBe(401)
    expect(await answer.json()).toEqual({ message: 'Unauthorized' })
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    expect(events).toEqual([])
    expect(log.at(-1)).toMatchObject({ event: 'access_denied', decision: 'unauthorized' })
  })

  test('forbids a token without one of its scopes', async () => {
    const { ask } = await setUp()

    expect((await ask('/scoped/7', token({ scope: 'a b' }))).status).toBe(403)
    expect((await ask('/scoped/7', token({ scp: ['devices:ask'] }))).status).toBe(200)
  })
})
