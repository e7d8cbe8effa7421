import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { authorizerEnvironment } from '../../../functions/authorizer/env.ts'
import { readEnvironment, requestEnvironment } from '../../../functions/shared/index.ts'

describe('readEnvironment', () => {
  test('names every problem at once and never a value', () => {
    const schema = z.object({ A: z.string(), B: z.string().regex(/^x$/), C: z.coerce.number().int() })
    const read = () => readEnvironment(schema, { B: 'secret-value', C: 'other-secret' })

    expect(read).toThrow(expect.objectContaining({ code: 'configuration_invalid' }))
    expect(read).toThrow(/A: .*; B: .*; C: /)
    expect(read).not.toThrow(/secret/)
  })

  test('reads the variables of a request function', () => {
    expect(readEnvironment(requestEnvironment, { TOPIC_ROOT: 'a/b', CORRELATION_TABLE: 't' })).toEqual({
      TOPIC_ROOT: 'a/b',
      SHARED_REPLIES: [],
      CORRELATION_TABLE: 't',
    })
    const listed = { TOPIC_ROOT: 'a', CORRELATION_TABLE: 't', SHARED_REPLIES: 'api/responses,' }
    expect(readEnvironment(requestEnvironment, listed).SHARED_REPLIES).toEqual(['api/responses'])
  })

  test.each([
    { TOPIC_ROOT: 'a/#' },
    { TOPIC_ROOT: '' },
    { TOKEN_MAX_LIFETIME_SECONDS: '59' },
    { TOKEN_MAX_LIFETIME_SECONDS: '86401' },
    { TOKEN_MAX_LIFETIME_SECONDS: '' },
    { DEVICE_TABLE: '' },
    { DEVICE_MASTER_SECRET_ID: '' },
    { JWKS_URL: 'http://issuer.example/keys' },
    { JWKS_URL: 'https://user@issuer.example/keys' },
  ])('refuses %j for the authorizer', (changes) => {
    const environment = { TOPIC_ROOT: 'jamey', DEVICE_TABLE: 'd', ISSUER_SECRET_ID: 's', DEVICE_MASTER_SECRET_ID: 'm' }
    expect(readEnvironment(authorizerEnvironment, environment).TOKEN_MAX_LIFETIME_SECONDS).toBe(300)
    expect(() => readEnvironment(authorizerEnvironment, { ...environment, ...changes })).toThrow(
      expect.objectContaining({ code: 'configuration_invalid' }),
    )
  })
})
