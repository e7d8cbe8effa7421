import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bridgeError } from '#contract/index.ts'
import { signToken } from '../../fixtures/tokens.ts'
import { CLAIMS, CLIENT, connect, HEADER, honest, REFUSED, SERVER_NAME, setUp } from './set-up.ts'

describe('any event', () => {
  test('is answered and never lets anybody in', async () => {
    const text = fc.oneof(fc.string(), fc.constantFrom(CLIENT, SERVER_NAME, 'tls', 'mqtt', honest().slice(0, -1)))
    const shaped = fc.record(
      {
        protocols: fc.oneof(fc.array(text), fc.jsonValue()),
        protocolData: fc.record(
          {
            tls: fc.oneof(fc.record({ serverName: fc.oneof(text, fc.jsonValue()) }), fc.jsonValue()),
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

  test('that a dependency throws anything at is refused', async () => {
    for (const thrown of [bridgeError('handler_failed'), new Error('x'), 'text', undefined]) {
      const { authorize } = setUp({ devices: { find: () => Promise.reject(thrown) } })
      expect(await authorize(connect(honest()))).toEqual(REFUSED)
    }
  })
})
