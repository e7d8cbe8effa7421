import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import { describe, expect, test } from 'vitest'
import { TOKEN_LIMITS } from '#contract/index.ts'
import { createServerNames } from '../../../functions/authorizer/server-names.ts'
import { createDeviceDirectory } from '../../../functions/shared/index.ts'
import { PREVIOUS_KEY, signToken, unsignedToken } from '../../fixtures/tokens.ts'
import {
  CLAIMS,
  CLIENT,
  connect,
  HEADER,
  honest,
  NOW,
  RECORD,
  REFUSED,
  SERVER_NAME,
  type Setup,
  setUp,
} from './set-up.ts'

describe('what is refused', () => {
  const attacks: [string, unknown, string, Setup?][] = [
    ['no password', connect(undefined), 'token_missing'],
    ['an empty password', connect(''), 'token_missing'],
    ['a password that is no base64', connect(undefined, { password: '%%%' }), 'token_missing'],
    ['garbage', connect('garbage'), 'token_malformed'],
    ['bytes that are no text', connect(undefined, { password: '/////w==' }), 'token_malformed'],
    ['three dots', connect('...'), 'token_malformed'],
    ['two empty parts', connect('..'), 'token_malformed'],
    ['a header that is no object', connect(`${Buffer.from('1').toString('base64url')}.e30.x`), 'token_malformed'],
    ['a header of null', connect(`${Buffer.from('null').toString('base64url')}.e30.x`), 'token_malformed'],
    ['a list as header', connect(`${Buffer.from('[]').toString('base64url')}.e30.x`), 'token_algorithm_forbidden'],
    ['a header without algorithm', connect(signToken({ kid: 'k2' }, CLAIMS)), 'token_algorithm_forbidden'],
    ['alg none', connect(unsignedToken({ alg: 'none', kid: 'k2' }, CLAIMS)), 'token_algorithm_forbidden'],
    ['alg None', connect(unsignedToken({ alg: 'None', kid: 'k2' }, CLAIMS)), 'token_algorithm_forbidden'],
    ['alg nOnE with a signature', connect(signToken({ alg: 'nOnE', kid: 'k2' }, CLAIMS)), 'token_algorithm_forbidden'],
    ['HS256 without signature', connect(unsignedToken(HEADER, CLAIMS)), 'token_malformed'],
    [
      'an RS256 header with the HS secret',
      connect(signToken({ ...HEADER, alg: 'RS256' }, CLAIMS)),
      'token_algorithm_forbidden',
    ],
    ['HS512', connect(signToken({ ...HEADER, alg: 'HS512' }, CLAIMS, { hash: 'sha512' })), 'token_algorithm_forbidden'],
    ['HS256 written small', connect(signToken({ ...HEADER, alg: 'hs256' }, CLAIMS)), 'token_algorithm_forbidden'],
    ['a list of algorithms', connect(signToken({ ...HEADER, alg: ['HS256'] }, CLAIMS)), 'token_algorithm_forbidden'],
    ['HS512 under an HS256 header', connect(signToken(HEADER, CLAIMS, { hash: 'sha512' })), 'token_signature_invalid'],
    [
      'a wrong secret',
      connect(signToken(HEADER, CLAIMS, { secret: 'another-secret-of-at-least-32-bytes' })),
      'token_signature_invalid',
    ],
    ['an empty secret', connect(signToken(HEADER, CLAIMS, { secret: '' })), 'token_signature_invalid'],
    [
      'the previous key under the current id',
      connect(signToken(HEADER, CLAIMS, { secret: PREVIOUS_KEY.secret })),
      'token_signature_invalid',
    ],
    ['claims of one token with the signature of another', connect(spliced()), 'token_signature_invalid'],
    ['an unknown key id', connect(signToken({ ...HEADER, kid: 'k9' }, CLAIMS)), 'token_key_unknown'],
    ['an empty key id', connect(signToken({ ...HEADER, kid: '' }, CLAIMS)), 'token_key_unknown'],
    ['an inherited name as key id', connect(signToken({ ...HEADER, kid: '__proto__' }, CLAIMS)), 'token_key_unknown'],
    ['a key id that is no text', connect(signToken({ ...HEADER, kid: 1 }, CLAIMS)), 'token_malformed'],
    [
      'no key id and the previous key',
      connect(signToken({ alg: 'HS256' }, CLAIMS, { secret: PREVIOUS_KEY.secret })),
      'token_signature_invalid',
    ],
    ['a huge token', connect(honest({ padding: 'x'.repeat(TOKEN_LIMITS.maxCharacters) })), 'token_too_large'],
    ['an expired token', connect(honest({ iat: NOW - 305, exp: NOW - 5 })), 'token_expired'],
    ['an expiry before all times', connect(honest({ exp: -1e300 })), 'token_expired'],
    ['a token of the future', connect(honest({ iat: NOW + 6, exp: NOW + 100 })), 'token_not_yet_valid'],
    ['nbf in the future', connect(honest({ nbf: NOW + 60 })), 'token_not_yet_valid'],
    ['a lifetime too long', connect(honest({ iat: NOW - 10, exp: NOW + 291 })), 'token_lifetime_too_long'],
    ['a lifetime of nothing', connect(honest({ iat: NOW + 3, exp: NOW + 3 })), 'token_claims_invalid'],
    ['no expiry', connect(honest({ exp: undefined })), 'token_claims_invalid'],
    ['an expiry that is text', connect(honest({ exp: String(NOW + 60) })), 'token_claims_invalid'],
    ['an expiry beyond all times', connect(honest({ exp: 1e300 })), 'token_claims_invalid'],
    ['no time of issue', connect(honest({ iat: undefined })), 'token_claims_invalid'],
    ['half a second', connect(honest({ iat: NOW - 0.5 })), 'token_claims_invalid'],
    ['no subject', connect(honest({ sub: undefined })), 'token_claims_invalid'],
    ['a number as subject', connect(honest({ sub: 7 }), { clientId: '7' }), 'token_claims_invalid'],
    ['a subject with a wildcard', connect(honest({ sub: '+' })), 'token_claims_invalid'],
    ['permissions as text', connect(honest({ permissions: 'jamey/#' })), 'token_claims_invalid'],
    ['no permissions', connect(honest({ permissions: undefined })), 'token_claims_invalid'],
    ['a permission that is no text', connect(honest({ permissions: [{ topic: '#' }] })), 'token_claims_invalid'],
    ['too many permissions', connect(honest({ permissions: Array(65).fill('a') })), 'token_claims_invalid'],
    ['a permission too long', connect(honest({ permissions: ['x'.repeat(301)] })), 'token_claims_invalid'],
    ['claims that are text', connect(signToken(HEADER, 'claims')), 'token_claims_invalid'],
    ['claims that are a list', connect(signToken(HEADER, [CLAIMS])), 'token_claims_invalid'],
    ['an illegal pattern', connect(honest({ permissions: ['jamey/#/x'] })), 'permission_invalid'],
    ['a reserved prefix', connect(honest({ permissions: ['jamey/#', '!jamey/x'] })), 'permission_invalid'],
    ['a reserved topic', connect(honest({ permissions: ['$aws/#'] })), 'permission_invalid'],
    ['the subject of another', connect(honest({ sub: 'you' })), 'token_subject_mismatch'],
    ['the token of another', connect(honest(), { clientId: 'you' }), 'token_subject_mismatch'],
    [
      'a client id that differs in case',
      connect(honest(), { clientId: CLIENT.toUpperCase() }),
      'token_subject_mismatch',
    ],
    ['no client id', connect(honest(), { clientId: undefined }), 'transport_unsupported'],
    ['an empty client id', connect(honest(), { clientId: '' }), 'client_id_invalid'],
    ['a client id with a wildcard', connect(honest(), { clientId: '#' }), 'client_id_invalid'],
    ['a client id with a line end', connect(honest(), { clientId: `${CLIENT}\n` }), 'client_id_invalid'],
    ['a client id too long', connect(honest(), { clientId: 'x'.repeat(129) }), 'client_id_invalid'],
    ['an unknown server name', connect(honest(), {}, { serverName: 'other.example.com' }), 'server_name_unknown'],
    [
      'a server name that only ends alike',
      connect(honest(), {}, { serverName: `x${SERVER_NAME}` }),
      'server_name_unknown',
    ],
    ['no server name', connect(honest(), {}, {}), 'server_name_unknown'],
    ['no TLS', withoutTls(connect(honest())), 'server_name_unknown'],
    [
      'HTTP alone',
      { protocols: ['tls', 'http'], protocolData: { tls: { serverName: SERVER_NAME }, http: { headers: {} } } },
      'transport_unsupported',
    ],
    ['an event of something else', { Records: [] }, 'transport_unsupported'],
    ['nothing', undefined, 'transport_unsupported'],
    ['an unknown device', connect(honest()), 'device_unknown', { record: undefined }],
    ['a revoked device', connect(honest()), 'device_inactive', { record: { ...RECORD, status: 'revoked' } }],
    ['a removed device', connect(honest()), 'device_inactive', { record: { ...RECORD, status: 'removed' } }],
    [
      'a token issued before the renewal',
      connect(honest()),
      'token_revoked',
      { record: { ...RECORD, not_before_seconds: NOW - 9 } },
    ],
    ['an unknown role', connect(honest()), 'role_unknown', { record: { ...RECORD, role: 'admin' } }],
    ['an inherited name as role', connect(honest()), 'role_unknown', { record: { ...RECORD, role: 'constructor' } }],
    [
      'a role and a token without a right in common',
      connect(honest({ permissions: ['pub:jamey/#'] })),
      'rights_empty',
      { record: { ...RECORD, role: 'observer' } },
    ],
    ['no permission at all', connect(honest({ permissions: [] })), 'rights_empty'],
    ['topics outside the root', connect(honest({ permissions: ['other/#'] })), 'rights_empty'],
    [
      'rights that fit into no policy',
      connect(honest({ permissions: ['#'] })),
      'policy_too_large',
      { roles: { agent: { permissions: ['#'] } } },
    ],
  ]

  test.each(attacks)('%s', async (_, event, code, setup) => {
    const { authorize, observer } = setUp(setup)

    expect(await authorize(event)).toEqual(REFUSED)
    expect(observer.lines).toHaveLength(1)
    expect(observer.lines[0]).toMatchObject({ event: 'connection_refused', fields: { code } })
    expect(observer.counts.ConnectionsRefused).toBe(1)
    expect(observer.flushes()).toBe(1)
  })

  test('no refusal writes a token into the log', async () => {
    for (const [, event, , setup] of attacks) {
      const { authorize, observer } = setUp(setup)
      await authorize(event)
      const { password } = (event as { protocolData?: { mqtt?: { password?: string } } })?.protocolData?.mqtt ?? {}
      const token = Buffer.from(password ?? '', 'base64').toString()
      for (const part of [password, ...token.split('.')]) {
        if (part !== undefined && part.length > 12) expect(observer.text()).not.toContain(part)
      }
    }
  })

  test('what the sender did is a warning, what the operator must mend is an error', async () => {
    const user = setUp()
    await user.authorize(connect('garbage'))
    const system = setUp({ record: { ...RECORD, role: 'admin' } })
    await system.authorize(connect(honest()))

    expect(user.observer.lines[0]?.level).toBe('warn')
    expect(user.observer.counts.SystemFaults).toBeUndefined()
    expect(system.observer.lines[0]?.level).toBe('error')
    expect(system.observer.counts.SystemFaults).toBe(1)
  })

  function withoutTls({ protocolData, ...event }: ReturnType<typeof connect>): unknown {
    return { ...event, protocolData: { mqtt: protocolData.mqtt } }
  }

  function spliced(): string {
    const [head, , signature] = honest().split('.')
    const [, claims] = honest({ permissions: ['#'] }).split('.')
    return `${head}.${claims}.${signature}`
  }
})

describe('what is out of reach refuses everybody', () => {
  const failing = new DynamoDBClient({ region: 'us-east-1' })
  mockClient(failing).on(GetItemCommand).rejects(new Error('network'))

  test.each<[string, Setup, string]>([
    ['the device table', { devices: createDeviceDirectory({ client: failing, tableName: 't' }) }, 'store_unavailable'],
    [
      'the server names',
      { serverNames: createServerNames({ client: failing, tableName: 't' }) },
      'authorizer_unavailable',
    ],
    ['the issuer secret', { loadKeys: () => Promise.reject(new Error('denied')) }, 'authorizer_unavailable'],
    ['a broken record', { devices: { find: () => Promise.reject(new TypeError('parse')) } }, 'authorizer_failed'],
  ])('%s', async (_, setup, code) => {
    const { authorize, observer } = setUp(setup)

    expect(await authorize(connect(honest()))).toEqual(REFUSED)
    expect(observer.lines).toMatchObject([{ level: 'error', fields: { code } }])
    expect(observer.counts).toEqual({ ConnectionsRefused: 1, SystemFaults: 1 })
  })
})
