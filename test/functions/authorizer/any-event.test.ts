import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bridgeError } from '#contract/index.ts'
import { deriveDeviceSecret } from '#keys/index.ts'
import { CURRENT_KEY, MASTER_SECRET, PREVIOUS_KEY, signToken } from '../../fixtures/tokens.ts'
import { CLAIMS, CLIENT, connect, HEADER, honest, REFUSED, SERVER_NAME, setUp } from './set-up.ts'

describe('any event', () => {
  test('is answered and never lets anybody in', async () => {
    const text = fc.oneof(fc.string(), fc.constantFrom(CLIENT, SERVER_NAME, 'tls', 'mqtt', honest().slice(0, -1)))
    const shaped = fc.record(
      {
        protocols: fc.oneof(fc.array(text), fc.jsonValue()),
        token: fc.oneof(text, fc.jsonValue()),
        signatureVerified: fc.oneof(fc.boolean(), fc.jsonValue()),
        protocolData: fc.record(
          {
            tls: fc.oneof(
              fc.record({ serverName: text, principalId: text, x509CertificatePem: text }, { requiredKeys: [] }),
              fc.record({ serverName: fc.oneof(text, fc.jsonValue()) }),
              fc.jsonValue(),
            ),
            mqtt: fc.oneof(
              fc.record({
                clientId: fc.constantFrom(CLIENT, 'you'),
                password: text.map((one) => Buffer.from(one).toString('base64')),
              }),
              fc.record({ clientId: text, password: text, username: text }, { requiredKeys: [] }),
              fc.jsonValue(),
            ),
          },
          { requiredKeys: [] },
        ),
        connectionMetadata: fc.oneof(fc.record({ id: text }), fc.jsonValue()),
      },
      { requiredKeys: [] },
    )
    const { authorize, observer } = setUp()
    await fc.assert(
      fc.asyncProperty(fc.oneof(shaped, fc.jsonValue(), fc.anything()), async (event) => {
        expect(await authorize(event)).toEqual(REFUSED)
      }),
      { numRuns: 500 },
    )
    for (const { fields } of observer.lines) expect(fields.code).not.toBe('authorizer_failed')
  })

  test('with an honestly signed token of any claims is answered, and the token stays out of the log', async () => {
    const claims = fc.record(
      {
        sub: fc.oneof(fc.constant(CLIENT), fc.jsonValue()),
        iat: fc.oneof(fc.constant(CLAIMS.iat), fc.jsonValue()),
        exp: fc.oneof(fc.constant(CLAIMS.exp), fc.jsonValue()),
        permissions: fc.oneof(
          fc.array(fc.oneof(fc.constantFrom('jamey/#', '#', 'sub:${root}/+'), fc.string())),
          fc.jsonValue(),
        ),
      },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(fc.oneof(claims, fc.jsonValue()), async (any) => {
        const { authorize, observer } = setUp()
        const token = signToken(HEADER, any)
        const answer = await authorize(connect(token))
        if (!answer.isAuthenticated) expect(answer).toEqual(REFUSED)
        expect(observer.lines).toHaveLength(1)
        expect(observer.lines[0]?.fields.code).not.toBe('authorizer_failed')
        expect(observer.text()).not.toContain(token.split('.').at(-1))
      }),
      { numRuns: 300 },
    )
  })

  test('with an honestly signed token of any header is answered: refused, or with what is documented', async () => {
    const header = fc.record(
      {
        alg: fc.oneof(fc.constantFrom('HS256', 'none', 'RS256'), fc.jsonValue()),
        kid: fc.oneof(fc.constantFrom('k1', 'k2', 'device-1', 'device-2', '__proto__'), fc.string(), fc.jsonValue()),
        typ: fc.jsonValue(),
        jku: fc.webUrl(),
        jwk: fc.jsonValue(),
        crit: fc.jsonValue(),
      },
      { requiredKeys: ['alg'] },
    )
    const secret = fc.constantFrom(
      CURRENT_KEY.secret,
      PREVIOUS_KEY.secret,
      deriveDeviceSecret(MASTER_SECRET, CLIENT, 1),
    )
    await fc.assert(
      fc.asyncProperty(header, secret, async (any, key) => {
        const { authorize, observer } = setUp()
        const answer = await authorize(connect(signToken(any, CLAIMS, { secret: key })))
        if (answer.isAuthenticated) {
          expect(answer.principalId).toMatch(/^[a-zA-Z0-9]{1,128}$/)
          expect(answer.policyDocuments.length).toBeGreaterThan(0)
        } else expect(answer).toEqual(REFUSED)
        expect(observer.lines[0]?.fields.code).not.toBe('authorizer_failed')
      }),
      { numRuns: 500 },
    )
  })

  test('that a dependency throws anything at is refused', async () => {
    for (const thrown of [bridgeError('handler_failed'), new Error('x'), 'text', undefined]) {
      const { authorize } = setUp({ devices: { find: () => Promise.reject(thrown) } })
      expect(await authorize(connect(honest()))).toEqual(REFUSED)
    }
  })
})
