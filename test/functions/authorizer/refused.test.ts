import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import { describe, expect, test } from 'vitest'
import { createServerNames } from '../../../functions/authorizer/server-names.ts'
import { createDeviceDirectory } from '../../../functions/shared/index.ts'
import {
  CLIENT,
  connect,
  honest,
  MUTUAL_TLS_NAME,
  NOW,
  RECORD,
  REFUSED,
  SERVER_NAME,
  type Setup,
  setUp,
} from './set-up.ts'

describe('what is refused', () => {
  const { protocolData } = connect(honest())
  const cases: [string, unknown, string, Setup?][] = [
    ['no password', connect(undefined), 'token_missing'],
    ['an empty password', connect(''), 'token_missing'],
    ['a password that is no base64', connect(undefined, { password: '%%%' }), 'token_missing'],
    ['bytes that are no text', connect(undefined, { password: '/////w==' }), 'token_malformed'],
    ['a token that the gateway has not verified', { ...connect(undefined), token: honest() }, 'token_missing'],
    ['the token of another', connect(honest(), { clientId: 'you' }), 'token_subject_mismatch'],
    ['another case of client id', connect(honest(), { clientId: CLIENT.toUpperCase() }), 'token_subject_mismatch'],
    ['no client id', connect(honest(), { clientId: undefined }), 'transport_unsupported'],
    ['an empty client id', connect(honest(), { clientId: '' }), 'client_id_invalid'],
    ['a client id with a wildcard', connect(honest(), { clientId: '#' }), 'client_id_invalid'],
    ['a client id with a line end', connect(honest(), { clientId: `${CLIENT}\n` }), 'client_id_invalid'],
    ['a client id with a zero byte', connect(honest(), { clientId: `${CLIENT}\0` }), 'client_id_invalid'],
    ['a client id of look-alikes', connect(honest(), { clientId: CLIENT.replace('a', '\u0430') }), 'client_id_invalid'],
    ['a client id that reads backwards', connect(honest(), { clientId: `\u202e${CLIENT}` }), 'client_id_invalid'],
    ['a client id with a policy variable', connect(honest(), { clientId: '${iot:ClientId}' }), 'client_id_invalid'],
    ['a client id too long', connect(honest(), { clientId: 'x'.repeat(129) }), 'client_id_invalid'],
    ['an unknown server name', connect(honest(), {}, { serverName: 'other.example.com' }), 'server_name_unknown'],
    ['a server name that ends alike', connect(honest(), {}, { serverName: `x${SERVER_NAME}` }), 'server_name_unknown'],
    [
      'a server name with a dot behind',
      connect(honest(), {}, { serverName: `${SERVER_NAME}.` }),
      'server_name_unknown',
    ],
    [
      'no certificate where one is asked for',
      connect(honest(), {}, { serverName: MUTUAL_TLS_NAME }),
      'certificate_missing',
    ],
    ['no server name', connect(honest(), {}, {}), 'server_name_unknown'],
    ['no TLS', { protocolData: { mqtt: protocolData.mqtt } }, 'server_name_unknown'],
    [
      'HTTP without a token',
      { protocols: ['tls', 'http'], protocolData: { tls: { serverName: SERVER_NAME }, http: { headers: {} } } },
      'token_missing',
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
  ]

  test.each(cases)('%s', async (_, event, code, setup) => {
    const { authorize, observer } = setUp(setup)

    expect(await authorize(event)).toEqual(REFUSED)
    expect(observer.lines).toHaveLength(1)
    expect(observer.lines[0]).toMatchObject({ event: 'connection_refused', fields: { code } })
    expect(observer.counts.ConnectionsRefused).toBe(1)
    expect(observer.flushes()).toBe(1)
  })

  test('no refusal writes a token into the log', async () => {
    for (const [, event, , setup] of cases) {
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
