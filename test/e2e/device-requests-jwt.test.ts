import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import jwt from 'jsonwebtoken'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ANSWER, answerTo, assemblyWith, type Bridge, connectAsked, questionTo, startBridge } from './harness/index.ts'

const SETTINGS = { requestsJwtIssuer: 'https://issuer.example', requestsJwtAudience: 'bridge' }
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

let opened: AsyncDisposableStack
let bridge: Bridge
let issuer: string
beforeAll(async () => {
  opened = new AsyncDisposableStack()
  const provider = createServer(({ url }, response) => {
    const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1' }]
    const isConfiguration = url === '/.well-known/openid-configuration'
    response.end(JSON.stringify(isConfiguration ? { jwks_uri: `${issuer}/keys` } : { keys }))
  }).listen(0, '127.0.0.1')
  opened.defer(() => void provider.close())
  await once(provider, 'listening')
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`
  const assembly = opened.use(
    await assemblyWith(SETTINGS, ({ Resources }) => {
      // an identity provider of this machine in place of the one that the setting names
      for (const { Type, Properties } of Object.values(Resources)) {
        if (Type === 'AWS::ApiGatewayV2::Authorizer') Properties.JwtConfiguration.Issuer = issuer
      }
    }),
  )
  bridge = opened.use(await startBridge({ assemblyFolder: assembly.folder }))
})
afterAll(() => opened?.disposeAsync())

function post(token: string): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ method: 'GET', path: '/state' })
  return fetch(`${bridge.runtime.outputs.RequestsJwtUrl}/devices/lamp-1/requests`, { method: 'POST', headers, body })
}

const token = (claims: object = {}) =>
  jwt.sign({ sub: 'somebody', iss: issuer, aud: 'bridge', ...claims }, privateKey, {
    algorithm: 'RS256',
    keyid: 'k1',
    expiresIn: 60,
  })

test('who has a token of the identity provider gets the answer of the device; one for others is not let in', async () => {
  await using lamp = await connectAsked(bridge, 'lamp-1')
  const asked = post(token())
  await answerTo(lamp, await questionTo(lamp))

  const response = await asked
  expect([response.status, await response.json()]).toEqual([200, ANSWER])
  expect((await post(token({ aud: 'another' }))).status).toBe(401)
  expect((await post('no token')).status).toBe(401)
})
