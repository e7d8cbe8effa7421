import { readFileSync } from 'node:fs'
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  bridgeError,
  type DeviceRecord,
  type IssuerKey,
  POLICY_LIMITS,
  parseFleet,
  type Roles,
  TOKEN_LIMITS,
} from '#contract/index.ts'
import { compilePolicy, evaluatePolicies } from '#local/iot-policy/index.ts'
import type { AuthorizerAnswer } from '../../../functions/authorizer/answer.ts'
import { createAuthorizer } from '../../../functions/authorizer/handler.ts'
import { createIssuerKeys } from '../../../functions/authorizer/issuer-keys.ts'
import { createServerNames } from '../../../functions/authorizer/server-names.ts'
import { createDeviceDirectory, type DeviceDirectory } from '../../../functions/shared/index.ts'
import { createRecordingObserver } from '../../fixtures/recording-observer.ts'
import { CURRENT_KEY, PREVIOUS_KEY, signToken, unsignedToken } from '../../fixtures/tokens.ts'

const NOW_MS = Date.parse('2026-11-21T12:00:00Z')
const NOW = NOW_MS / 1_000
const ARN = 'arn:aws:iot:eu-west-1:123456789012'
const CLIENT = 'jamey-instance-1'
const SERVER_NAME = 'bridge.example.com'
const REFUSED = {
  isAuthenticated: false,
  principalId: 'refused',
  policyDocuments: [],
  disconnectAfterInSeconds: 300,
  refreshAfterInSeconds: 300,
}
const { roles } = parseFleet(JSON.parse(readFileSync(new URL('../../../fleet.json', import.meta.url), 'utf8')), 'jamey')
const DOCUMENTED: unknown = JSON.parse(
  readFileSync(new URL('../../fixtures/authorizer-event.json', import.meta.url), 'utf8'),
)
const RECORD: DeviceRecord = {
  client_id: CLIENT,
  role: 'agent',
  organization_id: 'acme',
  device_id: 'Instance-1',
  status: 'active',
  key_version: 1,
  not_before_seconds: 0,
}
const HEADER = { alg: 'HS256', typ: 'JWT', kid: CURRENT_KEY.kid }
const CLAIMS = { sub: CLIENT, iat: NOW - 10, exp: NOW + 290, permissions: ['jamey/#'] }

interface Setup {
  record?: DeviceRecord | undefined
  devices?: DeviceDirectory
  loadKeys?: () => Promise<IssuerKey[]>
  serverNames?: () => Promise<readonly string[]>
  maxLifetimeSeconds?: number
  roles?: Roles
}

function setUp(setup: Setup = {}) {
  const observer = createRecordingObserver()
  const record = 'record' in setup ? setup.record : RECORD
  const authorize = createAuthorizer({
    root: 'jamey',
    roles: setup.roles ?? roles,
    devices: setup.devices ?? { find: async (clientId) => record && { ...record, client_id: clientId } },
    issuerKeys: createIssuerKeys(setup.loadKeys ?? (async () => [CURRENT_KEY, PREVIOUS_KEY]), { nowMs: () => NOW_MS }),
    serverNames: setup.serverNames ?? (async () => [SERVER_NAME]),
    maxLifetimeSeconds: setup.maxLifetimeSeconds ?? 300,
    observer,
    nowMs: () => NOW_MS,
  })
  return { observer, authorize: (event: unknown) => authorize(event, ARN) }
}

function connect(
  token: string | undefined,
  mqtt: Record<string, unknown> = {},
  tls: unknown = { serverName: SERVER_NAME },
) {
  const password = token === undefined ? {} : { password: Buffer.from(token).toString('base64') }
  return {
    protocols: ['tls', 'mqtt'],
    signatureVerified: false,
    protocolData: { tls, mqtt: { username: 'any', clientId: CLIENT, ...password, ...mqtt } },
    connectionMetadata: { id: 'connection-1' },
  }
}

const honest = (claims: Record<string, unknown> = {}) => signToken(HEADER, { ...CLAIMS, ...claims })

function allows(answer: AuthorizerAnswer, action: string, resource: string): boolean {
  const policies = answer.policyDocuments.map((document, index) => compilePolicy(document, String(index)))
  return evaluatePolicies(policies, { action: `iot:${action}`, resource: `${ARN}:${resource}` }).decision === 'allowed'
}

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

describe('an accepted connection', () => {
  test('is answered with the documented fields', async () => {
    const { authorize, observer } = setUp()
    const answer = await authorize(connect(honest()))

    expect(Object.keys(answer).sort()).toEqual([
      'disconnectAfterInSeconds',
      'isAuthenticated',
      'policyDocuments',
      'principalId',
      'refreshAfterInSeconds',
    ])
    expect(answer.isAuthenticated).toBe(true)
    expect(answer.principalId).toMatch(/^[a-zA-Z0-9]{1,128}$/)
    expect(answer.policyDocuments.length).toBeLessThanOrEqual(POLICY_LIMITS.documents)
    for (const document of answer.policyDocuments) {
      expect(JSON.stringify(document).length).toBeLessThanOrEqual(POLICY_LIMITS.charactersPerDocument)
    }
    expect(observer.lines).toEqual([
      {
        level: 'info',
        event: 'connection_accepted',
        fields: { client_id: CLIENT, connection_id: 'connection-1', seconds: 300 },
      },
    ])
    expect(observer.counts).toEqual({ ConnectionsAccepted: 1 })
  })

  test('comes of the documented event once its password is a token', async () => {
    const event = structuredClone(DOCUMENTED) as ReturnType<typeof connect>
    expect(await setUp().authorize(event)).toEqual(REFUSED)
    event.protocolData.mqtt.password = Buffer.from(honest()).toString('base64')
    expect((await setUp().authorize(event)).isAuthenticated).toBe(true)
  })

  test.each([
    ['a client id of punctuation', ':_-:_-'],
    ['the longest client id', 'x'.repeat(128)],
  ])('has an alphanumeric principal for %s', async (_, clientId) => {
    const answer = await setUp().authorize(connect(honest({ sub: clientId }), { clientId }))
    expect(answer.principalId).toMatch(/^[a-zA-Z0-9]{64}$/)
  })

  test('two clients have two principals, one client always the same', async () => {
    const principal = async (clientId: string) =>
      (await setUp().authorize(connect(honest({ sub: clientId }), { clientId }))).principalId
    expect(await principal('a')).toBe(await principal('a'))
    expect(await principal('a')).not.toBe(await principal('A'))
  })

  test.each([
    [NOW + 1, 300],
    [NOW - 4, 300],
    [NOW + 300, 300],
    [NOW + 301, 301],
    [NOW + 86_390, 86_390],
    [NOW + 90_000, 86_400],
  ])('of a token until %d lasts %d s', async (exp, seconds) => {
    const { authorize } = setUp({ maxLifetimeSeconds: 100_000 })
    const answer = await authorize(connect(honest({ exp })))
    expect(answer).toMatchObject({ disconnectAfterInSeconds: seconds, refreshAfterInSeconds: seconds })
  })

  test.each([
    ['the current key by its id', signToken(HEADER, CLAIMS)],
    [
      'the previous key by its id',
      signToken({ ...HEADER, kid: PREVIOUS_KEY.kid }, CLAIMS, { secret: PREVIOUS_KEY.secret }),
    ],
    ['the current key without id', signToken({ alg: 'HS256' }, CLAIMS)],
    ['a clock 5 s ahead', honest({ iat: NOW + 5, exp: NOW + 100 })],
    ['an expiry less than 5 s ago', honest({ iat: NOW - 100, exp: NOW - 4 })],
    ['the whole lifetime', honest({ iat: NOW, exp: NOW + 300 })],
    ['further claims', honest({ iss: 'x', aud: ['y'], jti: 'z' })],
  ])('takes %s', async (_, token) => {
    expect((await setUp().authorize(connect(token))).isAuthenticated).toBe(true)
  })

  test('takes the server name in any case', async () => {
    expect(
      (await setUp().authorize(connect(honest(), {}, { serverName: SERVER_NAME.toUpperCase() }))).isAuthenticated,
    ).toBe(true)
  })

  test('takes a token issued in the very second from which tokens are taken', async () => {
    const { authorize } = setUp({ record: { ...RECORD, not_before_seconds: CLAIMS.iat } })
    expect((await authorize(connect(honest()))).isAuthenticated).toBe(true)
  })
})

describe('the policy documents of an accepted connection', () => {
  const accepted = async (permissions: string[], setup: Setup = {}) =>
    setUp(setup).authorize(connect(honest({ permissions })))

  test('with jamey/memory/# allow the memory topics and nothing beside', async () => {
    const answer = await accepted(['jamey/memory/#'])

    expect(allows(answer, 'Connect', `client/${CLIENT}`)).toBe(true)
    expect(allows(answer, 'Publish', 'topic/jamey/memory/store')).toBe(true)
    expect(allows(answer, 'Subscribe', 'topicfilter/jamey/memory/#')).toBe(true)
    expect(allows(answer, 'Receive', 'topic/jamey/memory/updates')).toBe(true)
    expect(allows(answer, 'Publish', 'topic/jamey/conscience/evaluate')).toBe(false)
    expect(allows(answer, 'Subscribe', 'topicfilter/jamey/#')).toBe(false)
    expect(allows(answer, 'Publish', 'topic/jamey/memory/updates')).toBe(false)
    expect(allows(answer, 'Receive', `topic/jamey/responses/${CLIENT}`)).toBe(false)
  })

  test('with jamey/# never let a device write where the cloud answers, nor read the replies of another', async () => {
    const answer = await accepted(['#', 'jamey/#'])

    expect(allows(answer, 'Subscribe', 'topicfilter/jamey/#')).toBe(true)
    expect(allows(answer, 'Receive', `topic/jamey/responses/${CLIENT}`)).toBe(true)
    expect(allows(answer, 'Receive', 'topic/jamey/responses/you')).toBe(false)
    expect(allows(answer, 'Publish', `topic/jamey/responses/${CLIENT}`)).toBe(false)
    expect(allows(answer, 'Publish', 'topic/jamey/conscience/results')).toBe(false)
    expect(allows(answer, 'Connect', 'client/you')).toBe(false)
    expect(allows(answer, 'Subscribe', 'topicfilter/#')).toBe(false)
    expect(allows(answer, 'Receive', 'topic/$aws/things/x')).toBe(false)
  })

  test('name the organization of the record, whatever the token asks for', async () => {
    const answer = await accepted(['org/#'])

    expect(allows(answer, 'Publish', 'topic/org/acme/device/Instance-1/response')).toBe(true)
    expect(allows(answer, 'Publish', 'topic/org/globex/device/Instance-1/response')).toBe(false)
    expect(allows(answer, 'Publish', 'topic/org/acme/device/Instance-2/response')).toBe(false)
  })

  test('follow the role where the token asks for more', async () => {
    const answer = await accepted(['#'], { record: { ...RECORD, role: 'observer' } })

    expect(allows(answer, 'Receive', 'topic/jamey/events/status')).toBe(true)
    expect(allows(answer, 'Publish', 'topic/jamey/events/status')).toBe(false)
    expect(allows(answer, 'Publish', 'topic/jamey/memory/store')).toBe(false)
  })
})

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
