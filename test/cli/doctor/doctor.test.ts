import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { examine } from '../../../cli/doctor/index.ts'
import { PROBLEMS, type ProblemCode } from '../../../cli/doctor/problems.ts'
import type { Finding } from '../../../cli/doctor/run-checks.ts'
import { issueToken } from '../../../cli/issue-token.ts'
import { type RuntimeFile, writeRuntimeFile } from '../../../cli/runtime-file.ts'
import { PROJECT_FOLDER } from '../../e2e/harness/assembly.ts'
import { awsOptions, type Bridge, NAMES, runHere, startBridge, temporaryFolder } from '../../e2e/harness/index.ts'
import { type Answer, startFailingApi } from './failing-api.ts'
import { type Listener, startPlainServer, startTlsServer } from './tls-servers.ts'

const CLIENT = 'cli-request'
const DAY_MS = 24 * 60 * 60 * 1_000
const CLOSED_PORT = 1

let bridge: Bridge
beforeAll(async () => {
  bridge = await startBridge()
  await bridge.register({ client_id: 'gone', status: 'revoked' })
  await bridge.register({ client_id: 'left', status: 'removed' })
  await bridge.register({ client_id: 'ghost', role: 'nobody' })
  await bridge.register({ client_id: 'renewed', not_before_seconds: Math.floor(Date.now() / 1_000) + 3_600 })
})
afterAll(() => bridge?.[Symbol.asyncDispose]())

type Options = Partial<Parameters<typeof examine>[0]>

function runtimeFile(changes: Partial<RuntimeFile> = {}): RuntimeFile {
  const { mqttUrl, endpoints, apiUrl, caFile, region, credentials, outputs } = bridge.runtime
  const places = { mqttUrl, endpoints: { ...endpoints }, apiUrl, caFile, region, credentials }
  const { TokenServiceUrl: tokenServiceUrl } = outputs
  return { pid: process.pid, ...places, tokenServiceUrl, root: 'jamey', stage: 'dev', ...changes }
}

/** Examines the bridge as a runtime file with these changes describes it. */
async function examineWith(changes: Partial<RuntimeFile>, options: Options = {}): Promise<Finding[]> {
  using folder = temporaryFolder()
  writeRuntimeFile(folder.path, runtimeFile(changes))
  return await examine({
    clientId: CLIENT,
    state: folder.path,
    signingKey: '/nowhere/key.pem',
    projectFolder: PROJECT_FOLDER,
    ...options,
  })
}

async function withServer(start: () => Promise<Listener>): Promise<Finding[]> {
  using server = await start()
  return await examineWith({ mqttUrl: server.url, endpoints: { mqtt: server.url }, caFile: server.caFile })
}

async function withFault(call: string, answer: (real: Record<string, unknown>) => Answer, options: Options = {}) {
  using api = await startFailingApi(bridge.runtime.apiUrl, { call, answer })
  return await examineWith({ apiUrl: api.url }, options)
}

const changed = (changes: Record<string, unknown>) => (real: Record<string, unknown>) => ({
  body: { ...real, ...changes },
})
const failing =
  (error: string, status = 400) =>
  () => ({ error, status })
const DOMAIN = `GET /domainConfigurations/`
const INVOKE = `POST /authorizer/`
const answering = (policyDocuments: unknown[]) =>
  changed({ policyDocuments: policyDocuments.map((document) => JSON.stringify(document)) })
/** Beside the version in use one that a rotation made so long ago. */
const pendingFor = (seconds: number) => (real: Record<string, unknown>) => ({
  body: {
    ...real,
    Versions: [
      ...(real.Versions as unknown[]),
      { VersionId: 'x'.repeat(32), VersionStages: ['AWSPENDING'], CreatedDate: Date.now() / 1_000 - seconds },
    ],
  },
})
const connectAs = (clientId: string) => ({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: 'iot:Connect', Resource: [`arn:aws:iot:us-east-1:000000000000:client/${clientId}`] },
  ],
})

/** One thing broken at a time: what it is, the check that finds it, its code, and how it is broken. */
const BROKEN: [what: string, check: string, code: ProblemCode, examine: () => Promise<Finding[]>][] = [
  ['no runtime', 'bridge', 'runtime_not_running', () => examineWith({}, { state: '/nowhere' })],
  ['no credentials', 'bridge', 'credentials_missing', withoutCredentials],
  [
    'an API that is gone',
    'clock',
    'service_unreachable',
    () => examineWith({ apiUrl: `http://127.0.0.1:${CLOSED_PORT}` }),
  ],
  ['a clock ahead', 'clock', 'clock_skewed', () => examineWith({}, { nowMs: () => Date.now() + 60_000 })],
  ['a clock behind', 'clock', 'clock_skewed', () => examineWith({}, { nowMs: () => Date.now() - 60_000 })],
  [
    'credentials of another run',
    'ports',
    'credentials_refused',
    () => examineWith({ credentials: { accessKeyId: 'AKIAOTHER', secretAccessKey: 'x', sessionToken: 'x' } }),
  ],
  ['another stage', 'ports', 'endpoint_missing', () => examineWith({ stage: 'other' })],
  [
    'an endpoint switched off',
    'ports',
    'endpoint_disabled',
    () => withFault(DOMAIN, changed({ domainConfigurationStatus: 'DISABLED' })),
  ],
  [
    'a host that nobody knows',
    'ports',
    'host_unknown',
    () => withFault(DOMAIN, changed({ domainName: 'bridge.invalid' })),
  ],
  [
    'a closed port',
    'ports',
    'port_closed',
    () => examineWith({ endpoints: { mqtt: bridge.runtime.mqttUrl, wss: `wss://localhost:${CLOSED_PORT}/mqtt` } }),
  ],
  [
    'no right to ask for endpoints',
    'ports',
    'api_denied',
    () => withFault(DOMAIN, failing('UnauthorizedException', 403)),
  ],
  [
    'an authority that is gone',
    'certificates',
    'certificate_unreadable',
    () => examineWith({ caFile: '/nowhere/ca.pem' }),
  ],
  ['an authority that is none', 'certificates', 'certificate_unreadable', () => examineWith({ caFile: '/dev/null' })],
  [
    'an expired certificate',
    'certificates',
    'certificate_expired',
    () => withServer(() => startTlsServer({ issuedMs: Date.now() - 2 * DAY_MS })),
  ],
  [
    'a certificate of tomorrow',
    'certificates',
    'certificate_not_yet_valid',
    () => withServer(() => startTlsServer({ issuedMs: Date.now() + DAY_MS })),
  ],
  [
    'no TLS 1.3',
    'tls',
    'tls_version_old',
    () => withServer(() => startTlsServer({ tls: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } })),
  ],
  [
    'TLS 1.2 beside 1.3',
    'tls',
    'tls_version_old',
    () => withServer(() => startTlsServer({ tls: { minVersion: 'TLSv1.2' } })),
  ],
  [
    'a certificate of another authority',
    'tls',
    'tls_chain_untrusted',
    () => withServer(() => startTlsServer({ foreignAuthority: true })),
  ],
  [
    'a certificate of another name',
    'tls',
    'tls_name_mismatch',
    () => withServer(() => startTlsServer({ names: ['other.example'] })),
  ],
  ['no TLS at all', 'certificates', 'certificate_unreadable', () => withServer(startPlainServer)],
  ['a port that speaks something else', 'tls', 'tls_failed', withPlainPort],
  ['no secret', 'secret', 'secret_missing', () => withFault('GetSecretValue', failing('ResourceNotFoundException'))],
  [
    'a secret that is no key',
    'secret',
    'secret_malformed',
    () => withFault('GetSecretValue', changed({ SecretString: '{"secret":"short"}' })),
  ],
  [
    'a secret that is no JSON',
    'secret',
    'secret_malformed',
    () => withFault('GetSecretValue', changed({ SecretString: 'hunter2' })),
  ],
  [
    'no right to read the secret',
    'secret',
    'api_denied',
    () => withFault('GetSecretValue', failing('AccessDeniedException')),
  ],
  ['a rotation that stopped', 'secret', 'rotation_stuck', () => withFault('ListSecretVersionIds', pendingFor(120))],
  [
    'a rotation that never came',
    'secret',
    'rotation_overdue',
    () => withFault('DescribeSecret', changed({ NextRotationDate: Date.now() / 1_000 - 3 * 86_400 })),
  ],
  ['an unknown device', 'device', 'device_unregistered', () => examineWith({}, { clientId: 'stranger' })],
  ['a revoked device', 'device', 'device_revoked', () => examineWith({}, { clientId: 'gone' })],
  ['a removed device', 'device', 'device_removed', () => examineWith({}, { clientId: 'left' })],
  ['a role that is not deployed', 'device', 'role_missing', () => examineWith({}, { clientId: 'ghost' })],
  [
    'an expired token',
    'token',
    'token_unusable',
    () => examineWith({}, { token: bridge.token(CLIENT, { lifetimeSeconds: -1 }) }),
  ],
  [
    'a token of another device',
    'token',
    'token_unusable',
    () => examineWith({}, { token: bridge.token('jamey-instance-1') }),
  ],
  [
    'a token signed by somebody else',
    'token',
    'token_unusable',
    () =>
      examineWith(
        {},
        { token: issueToken({ ...bridge.issuerKey, secret: 'x'.repeat(40) }, { clientId: CLIENT, permissions: [] }) },
      ),
  ],
  [
    'a token from before the device was restored',
    'token',
    'token_unusable',
    () => examineWith({}, { clientId: 'renewed' }),
  ],
  [
    'a gateway that wants signatures',
    'authorizer',
    'signing_key_missing',
    () => withFault(DOMAIN, changed({ authorizerConfig: { defaultAuthorizerName: NAMES.signingAuthorizer } })),
  ],
  [
    'an authorizer that fails',
    'authorizer',
    'authorizer_failed',
    () => withFault(INVOKE, failing('InvalidResponseException')),
  ],
  ['an authorizer that does not know the key', 'authorizer', 'authorizer_refused', withReplacedSecret],
  [
    'an authorizer that may not be tested',
    'authorizer',
    'api_denied',
    () => withFault(INVOKE, failing('UnauthorizedException', 403)),
  ],
  [
    'too many documents',
    'policy',
    'policy_over_limit',
    () => withFault(INVOKE, answering(Array.from({ length: 11 }, () => connectAs(CLIENT)))),
  ],
  [
    'a document that is too long',
    'policy',
    'policy_over_limit',
    () => withFault(INVOKE, answering([connectAs('x'.repeat(2_048))])),
  ],
  [
    'documents for somebody else',
    'policy',
    'policy_useless',
    () => withFault(INVOKE, answering([connectAs('stranger')])),
  ],
  [
    'a registry that fails',
    'api iot',
    'api_failed',
    () => withFault('GET /things/', failing('InternalFailureException', 500)),
  ],
  [
    'no right to end connections',
    'api iot-data',
    'api_denied',
    () => withFault('DELETE /connections/', failing('ForbiddenException', 403)),
  ],
  ['no right to list devices', 'api dynamodb', 'api_denied', () => withFault('Scan', failing('AccessDeniedException'))],
  [
    'a token service that is gone',
    'api tokens',
    'service_unreachable',
    () => examineWith({ tokenServiceUrl: `http://127.0.0.1:${CLOSED_PORT}` }),
  ],
]

test('a bridge that works passes every check', async () => {
  const findings = await examineWith({})

  expect(findings.filter(({ result }) => result !== 'passed')).toEqual([])
  expect(findings.map(({ check }) => check)).toEqual([
    ...['bridge', 'clock', 'ports', 'certificates', 'tls', 'secret', 'device', 'token', 'authorizer', 'policy'],
    ...['api iot', 'api iot-data', 'api dynamodb', 'api tokens'],
  ])
})

test.each(BROKEN)(
  '%s is found by the check "%s" as %s, and nothing after it is looked at',
  async (_, check, code, run) => {
    const findings = await run()

    const place = findings.findIndex((one) => one.result === 'failed')
    expect(findings[place]).toMatchObject({ check, code, advice: expect.stringMatching(/^\S.{10,}[^…]$/) })
    expect(findings.slice(0, place).map(({ result }) => result)).toEqual(Array(place).fill('passed'))
    expect(findings.slice(place + 1).every(({ result }) => result === 'skipped')).toBe(true)
  },
)

test('a rotation that is at work is no problem', async () => {
  const findings = await withFault('ListSecretVersionIds', pendingFor(1))

  expect(findings.find(({ check }) => check === 'secret')).toMatchObject({
    result: 'passed',
    detail: expect.stringContaining('a rotation is at work'),
  })
})

test('every problem that is known is found by a test', () => {
  expect([...new Set(BROKEN.map(([, , code]) => code))].sort()).toEqual(Object.keys(PROBLEMS).sort())
})

describe('the command', () => {
  async function run(changes: Partial<RuntimeFile>, ...args: string[]) {
    using folder = temporaryFolder()
    writeRuntimeFile(folder.path, runtimeFile(changes))
    return await runHere(['doctor', '--state', folder.path, ...args])
  }

  test('prints a line for each check and ends with 0', async () => {
    const { exitCode, stdout, stderr } = await run({})

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout.trim().split('\n')).toHaveLength(14)
    expect(stdout).toMatch(/^passed {3}policy +\d+ of 10 documents, the largest \d+ of 2048 characters$/m)
  })

  test('ends with 1 and says what to do when something is wrong', async () => {
    const { exitCode, stdout, stderr } = await run({}, '--client-id', 'gone')

    expect(exitCode).toBe(1)
    expect(stderr).toBe(
      'device_revoked: "gone" is revoked\n  let it in again with "bridge device restore gone", or name another with --client-id\n',
    )
    expect(stdout).toContain('not looked at: token, authorizer')
  })

  test('goes on with --all, and tells a consequence from a cause', async () => {
    const { exitCode, stdout } = await run({ stage: 'other' }, '--all', '--json')

    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Finding[] }
    const resultOf = (name: string) => checks.find(({ check }) => check === name)
    expect({ exitCode, ok }).toEqual({ exitCode: 1, ok: false })
    expect(resultOf('ports')).toMatchObject({ result: 'failed', code: 'endpoint_missing' })
    expect(resultOf('tls')).toMatchObject({ result: 'skipped', detail: 'for the same reason as ports' })
    expect(resultOf('secret')).toMatchObject({ result: 'failed', code: 'secret_missing' })
    expect(resultOf('token')).toMatchObject({ result: 'skipped', detail: 'needs what "secret" finds' })
    expect(resultOf('api iot')).toMatchObject({ result: 'passed' })
  })

  test('says nothing of the token that it looks at', async () => {
    const token = bridge.token(CLIENT)
    const { stdout, stderr } = await run({}, '--token', token, '--json')

    expect(stdout).toContain('given and verified')
    expect(stdout + stderr).not.toContain(token.split('.')[2])
  })

  test('takes a text that is no token for a wrong call', async () => {
    expect(await run({}, '--token', 'x.y.z')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('token_malformed: '),
    })
  })
})

/** As on a machine where nobody has logged in to AWS. */
async function withoutCredentials(): Promise<Finding[]> {
  const nothing = { AWS_EC2_METADATA_DISABLED: 'true', AWS_PROFILE: '', AWS_REGION: '', AWS_DEFAULT_REGION: '' }
  const files = { AWS_CONFIG_FILE: '/nowhere/config', AWS_SHARED_CREDENTIALS_FILE: '/nowhere/credentials' }
  const keys = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_SESSION_TOKEN: '' }
  for (const [name, value] of Object.entries({ ...nothing, ...files, ...keys })) vi.stubEnv(name, value)
  try {
    return await examineWith({}, { aws: true })
  } finally {
    vi.unstubAllEnvs()
  }
}

/** The authority is that of the runtime; only the port belongs to somebody else. */
async function withPlainPort(): Promise<Finding[]> {
  using server = await startPlainServer()
  return await examineWith({ endpoints: { mqtt: server.url } })
}

/** A key that the authorizer has not read yet, as when somebody else replaces it. */
async function withReplacedSecret(): Promise<Finding[]> {
  const secrets = new SecretsManagerClient(awsOptions(bridge.runtime))
  const put = (value: unknown) =>
    secrets.send(new PutSecretValueCommand({ SecretId: NAMES.issuerSecret, SecretString: JSON.stringify(value) }))
  // the authorizer has read the secret before, and will again in some minutes
  await (await bridge.connect({ clientId: 'jamey-instance-2' }))[Symbol.asyncDispose]()
  await put({ kid: 'unheard-of', secret: 'y'.repeat(40), signs_from_seconds: 1 })
  try {
    return await examineWith({})
  } finally {
    // twice, so that it is the current and the previous version
    await put(bridge.issuerKey)
    await put(bridge.issuerKey)
    secrets.destroy()
  }
}
