import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { RotateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { expect, test } from 'vitest'
import { createConsoleRecorder } from '../../cli/console/index.ts'
import { signedUsername } from '../../cli/gateway-signature.ts'
import { issueToken } from '../../cli/issue-token.ts'
import { readIssuerKeys } from '../../cli/issuer-keys.ts'
import { writeRuntimeFile } from '../../cli/runtime-file.ts'
import { readDeviceMaster } from '../../functions/shared/secrets.ts'
import { TRACE_LIMITS } from '../../local/trace/index.ts'
import { signToken } from '../fixtures/tokens.ts'
import {
  awsOptions,
  type Bridge,
  NAMES,
  patchedAssembly,
  runHere,
  startBridge,
  temporaryFolder,
} from './harness/index.ts'

const CLIENT = 'jamey-instance-1'
const signing = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const unique = (what: string) => `${what}-${randomBytes(12).toString('hex')}`
/** They go through every kind of message, good and bad. */
const PAYLOAD = unique('payload')

/** What must not be found, by what it is: for a token its signature, which is found in every form that the token is. */
function createHidden() {
  const hidden = new Map<string, string>()
  return {
    hidden,
    add(what: string, text: string): string {
      hidden.set(what, text)
      hidden.set(`${what}, in base64`, Buffer.from(text).toString('base64').replace(/=+$/, ''))
      const [, , signature] = text.split('.')
      if (signature) hidden.set(`${what}, its signature`, signature)
      return text
    },
    /** What of all this stands in a text. */
    in: (text: string) => [...hidden].flatMap(([what, secret]) => (text.includes(secret) ? [what] : [])),
  }
}
type Hidden = ReturnType<typeof createHidden>

test('no token, key, secret or payload is in any log line, metric, trace, error or state file', async () => {
  const hidden = createHidden()
  const payloads = createHidden()
  payloads.add('a payload', PAYLOAD)
  using state = temporaryFolder()
  const said: string[] = []
  {
    const recorder = createConsoleRecorder()
    await using bridge = await startBridge({ stateFolder: join(state.path, 'bridge'), watcher: recorder })
    bridge.runtime.traces.listen(recorder.onHop)
    const run = commands(bridge, state.path, said)
    await connections(bridge, hidden, said)
    await messages(bridge)
    await devices(bridge, hidden, run)
    await tokenService(bridge, hidden, run, said)
    await rotation(bridge, hidden, run)
    await bridge.runtime.idle()

    const served = await Promise.all(['/metrics', '/health'].map((path) => servedAt(bridge, path)))
    for (const name of ['ConnectionsRefused', '"last_errors"']) expect(served.join()).toContain(name)
    const text = [bridge.log.text(), ...served, await run('status', '--json')].join('\n')
    for (const event of EVENTS) expect(text, `the scenario had no ${event}`).toContain(event)
    expect(hidden.hidden.size).toBeGreaterThan(60)
    expect(hidden.in(text)).toEqual([])
    expect(text.split('\n').filter((line) => payloads.in(line).length > 0)).toEqual([])
    const traces = JSON.stringify(bridge.runtime.traces.list({ limit: TRACE_LIMITS.traces }))
    expect(traces).toContain('connection_refused')
    expect(served.join()).toContain('mqtt_cloud_bridge')
    expect([...hidden.in(traces), ...payloads.in(traces)]).toEqual([])
    // the console may show payloads, and shows nothing that lets anybody in
    const shown = JSON.stringify([recorder.capture.rows(5_000), recorder.refusals(), recorder.logLines()])
    expect(payloads.in(shown)).toEqual(['a payload'])
    expect(hidden.in(shown)).toEqual([])
    // an answer may quote what its caller wrote: nobody else gets it
    expect(hidden.in(said.join('\n'))).toEqual([])
    expect(hidden.in(await tablesOf(bridge))).toEqual([])
  }
  const { files, secretsSeen } = stateOf(join(state.path, 'bridge'), hidden)
  expect(files).toEqual([])
  // the search finds what is there: where secrets are kept
  expect(secretsSeen).toEqual(expect.arrayContaining(['the device master', 'the next issuer secret']))
})

test('nor is the token or signature of a signed connect', async () => {
  const hidden = createHidden()
  using folder = temporaryFolder()
  const keyFile = join(folder.path, 'signing.pem')
  const pem = signing.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  writeFileSync(keyFile, pem)
  hidden.add('the signing key', pem.split('\n')[1] ?? '')
  using assembly = await patchedAssembly((template) => {
    const publicKey = signing.publicKey.export({ type: 'spki', format: 'pem' })
    for (const { Type, Properties } of Object.values(template.Resources)) {
      if (Type !== 'AWS::IoT::Authorizer') continue
      Object.assign(Properties, {
        SigningDisabled: false,
        TokenKeyName: 'token',
        TokenSigningPublicKeys: { key: publicKey },
      })
    }
  })
  await using bridge = await startBridge({ assemblyFolder: assembly.folder })
  const token = hidden.add('the signed token', bridge.token(CLIENT))
  const username = signedUsername(token, { authorizerName: NAMES.authorizer, keyFile })
  const signature = new URLSearchParams(username).get('x-amz-customauthorizer-signature') ?? ''
  hidden.add('the signature for the gateway', signature)
  const connect = (name: string) => bridge.connect({ mqtt: { username: name }, password: token })

  await (await connect(username))[Symbol.asyncDispose]()
  const errors = await Promise.all([
    refusalOf(
      connect(
        username.replace(
          encodeURIComponent(signature),
          encodeURIComponent(signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))),
        ),
      ),
    ),
    refusalOf(connect('no-signature')),
  ])

  expect(bridge.log.text()).toContain('connection_accepted')
  expect(hidden.in(bridge.log.text() + errors.join('\n'))).toEqual([])
})

/** What the log must have told of, or the scenario did not do what it should. */
const EVENTS = [
  ...[
    'connection_accepted',
    'connection_refused',
    'token_issued',
    'token_refused',
    'issuer_key_announced',
    'secret_rotated',
  ],
  // embedded metrics
  ...['"_aws"', 'ConnectionsRefused', 'ConnectionsAccepted'],
  ...['token_signature_invalid', 'token_expired', 'token_malformed', 'token_algorithm_forbidden', 'device_inactive'],
]

async function servedAt({ runtime }: Bridge, path: string): Promise<string> {
  return (await fetch(new URL(path, runtime.apiUrl))).text()
}

async function refusalOf(connecting: Promise<unknown>): Promise<string> {
  const error: unknown = await connecting.then(
    () => undefined,
    (refusal: unknown) => refusal,
  )
  expect(error).toMatchObject({ code: 0x87 })
  return error instanceof Error ? `${error.message} ${error.stack} ${JSON.stringify(error)}` : ''
}

/** Runs commands of the command line; what they print that is not asked for is kept. */
function commands({ runtime }: Bridge, folder: string, said: string[]) {
  const { mqttUrl, apiUrl, caFile, region, credentials, endpoints, outputs } = runtime
  writeRuntimeFile(folder, {
    ...{ pid: process.pid, mqttUrl, apiUrl, caFile, region, credentials, root: 'jamey', stage: 'dev' },
    endpoints: { ...endpoints },
    tokenServiceUrl: outputs.TokenServiceUrl,
  })
  return async (...args: string[]): Promise<string> => {
    const { stdout, stderr } = await runHere([...args, '--state', folder])
    const isAskedFor = args[0] === 'token' || args[1] === 'key'
    said.push(stderr, isAskedFor ? '' : stdout)
    return stdout.trim()
  }
}
type Run = ReturnType<typeof commands>

async function connections(bridge: Bridge, hidden: Hidden, said: string[]): Promise<void> {
  hidden.add('the issuer secret', bridge.issuerKey.secret)
  const secrets = new SecretsManagerClient(awsOptions(bridge.runtime))
  hidden.add('the device master', await readDeviceMaster(secrets, NAMES.deviceMasterSecret))
  secrets.destroy()
  const { secretAccessKey, sessionToken } = bridge.runtime.credentials
  hidden.add('a credential of the runtime', secretAccessKey)
  hidden.add('a session token of the runtime', sessionToken)
  await (await bridge.connect({ password: hidden.add('a good token', bridge.token(CLIENT)) }))[Symbol.asyncDispose]()

  const iat = Math.floor(Date.now() / 1_000)
  const claims = { sub: CLIENT, iat, exp: iat + 60, permissions: ['jamey/#'] }
  const header = { alg: 'HS256', typ: 'JWT', kid: bridge.issuerKey.kid }
  const bad = {
    'a token of another key': signToken(header, claims),
    'a token of another algorithm': signToken({ ...header, alg: 'HS512' }, claims, { hash: 'sha512' }),
    'a token of an unknown key': signToken({ ...header, kid: unique('kid') }, claims),
    'an expired token': bridge.token(CLIENT, { lifetimeSeconds: -60 }),
    'a token for somebody else': bridge.token('jamey-instance-2'),
    'a token with a wrong permission': signToken(
      header,
      { ...claims, permissions: [`${unique('x')}/#/y`] },
      bridge.issuerKey,
    ),
    'a password that is no token': unique('password'),
    'a password with dots': `${unique('a')}.${unique('b')}.${unique('c')}`,
    'a password that is too long': unique('long').repeat(300),
  }
  for (const [what, password] of Object.entries(bad)) {
    said.push(await refusalOf(bridge.connect({ password: hidden.add(what, password) })))
  }
}

/** One message of each kind: taken, refused by its schema, none at all, and answered. */
async function messages(bridge: Bridge): Promise<void> {
  await using device = await bridge.connect()
  await device.send('jamey/events/status', { status: 'online', message: PAYLOAD, component: 'test' })
  await device.request('jamey/memory/store', { layer: 'semantic', content: PAYLOAD, tags: [PAYLOAD] })
  await device.request('jamey/memory/query', { query: PAYLOAD })
  await device.request(
    'jamey/conscience/evaluate',
    { action: PAYLOAD, context: PAYLOAD },
    { reply_to: `jamey/responses/${CLIENT}` },
  )
  await device.request('jamey/api/requests', {
    method: 'GET',
    path: `/${PAYLOAD}`,
    headers: { authorization: PAYLOAD },
  })
  await device.request('jamey/memory/store', { layer: 'semantic', content: 7, tags: PAYLOAD })
  await device.publish('jamey/memory/store', PAYLOAD)
  await device.publish('jamey/memory/store', JSON.stringify({ [PAYLOAD]: PAYLOAD, message_id: randomUUID() }))
  await expect(device.publish('jamey/memory/updates', PAYLOAD)).rejects.toMatchObject({ code: 0x87 })
}

async function devices(bridge: Bridge, hidden: Hidden, run: Run): Promise<void> {
  const name = 'secret-keeper'
  await run('device', 'add', name, '--role', 'agent')
  const key = hidden.add('a device key', await run('device', 'key', name))
  const [kid = '', secret = ''] = key.split('.')
  hidden.add('the secret of a device key', secret)
  hidden.add('a client key', await run('device', 'key', name, '--client'))
  const iat = Math.floor(Date.now() / 1_000)
  const claims = { sub: name, iat, exp: iat + 60, permissions: ['jamey/#'] }
  const own = hidden.add('a token of a device', signToken({ alg: 'HS256', typ: 'JWT', kid }, claims, { secret }))
  const forged = hidden.add('a forged token of a device', signToken({ alg: 'HS256', typ: 'JWT', kid }, claims))
  await (await bridge.connect({ clientId: name, password: own }))[Symbol.asyncDispose]()
  await refusalOf(bridge.connect({ clientId: name, password: forged }))
  await run('explain', 'connect', '--token', own)
  await run('doctor', '--client-id', name, '--token', own, '--all')
  await run('device', 'revoke', name, '--no-wait')
  await refusalOf(bridge.connect({ clientId: name, password: own }))
  await run('device', 'restore', name)
  hidden.add('a renewed device key', await run('device', 'key', name, '--renew', '--no-wait'))
  await run('device', 'list')
  await run('device', 'show', name)
}

async function tokenService({ runtime }: Bridge, hidden: Hidden, run: Run, said: string[]): Promise<void> {
  const url = runtime.outputs.TokenServiceUrl ?? ''
  hidden.add('a token of the token service', await run('token', '--client-id', CLIENT, '--service'))
  await run('token', '--client-id', 'nobody', '--service')
  const ask = async (authorization: string, body: string) => {
    const headers = { 'content-type': 'application/json', authorization }
    const response = await fetch(`${url}/device-tokens`, { method: 'POST', headers, body })
    const text = await response.text()
    if (response.ok) hidden.add('a token for a client key', (JSON.parse(text) as { token: string }).token)
    else said.push(text)
    return response.status
  }
  const own = hidden.add('a client key that is used', await run('device', 'key', CLIENT, '--client'))
  const wrong = hidden.add('a wrong client key', `client-1.${randomBytes(32).toString('base64url')}`)
  const body = JSON.stringify({ client_id: CLIENT })
  expect(await ask(`Bearer ${own}`, body)).toBe(200)
  expect(await ask(`Bearer ${wrong}`, body)).toBe(401)
  expect(await ask(`Bearer ${own}`, `{"client_id": "${PAYLOAD}`)).toBe(400)
  expect(await ask(`Bearer ${own}`, JSON.stringify({ client_id: CLIENT, [PAYLOAD]: PAYLOAD }))).toBe(400)
}

async function rotation(bridge: Bridge, hidden: Hidden, run: Run): Promise<void> {
  const secrets = new SecretsManagerClient(awsOptions(bridge.runtime))
  await secrets.send(new RotateSecretCommand({ SecretId: NAMES.issuerSecret }))
  await bridge.log.runtime.take('rotation', ({ event }) => event === 'secret_rotated')
  const [next] = await readIssuerKeys(secrets, NAMES.issuerSecret)
  if (!next) throw new Error('the rotation brought no key')
  hidden.add('the next issuer secret', next.secret)
  hidden.add('a token of the next key', issueToken(next, { clientId: CLIENT, permissions: [] }))
  // too early
  await run('secret', 'rotate')
  await run('secret', 'rotate', '--compromised')
  const [replaced] = await readIssuerKeys(secrets, NAMES.issuerSecret)
  hidden.add('the issuer secret that replaces a stolen one', replaced?.secret ?? '')
  secrets.destroy()
}

async function tablesOf({ dynamoDb }: Bridge): Promise<string> {
  const names = [NAMES.deviceTable, NAMES.correlationTable, NAMES.memoryTable, NAMES.statusTable]
  const pages = await Promise.all(names.map((TableName) => dynamoDb.send(new ScanCommand({ TableName }))))
  return JSON.stringify(pages.map(({ Items }) => Items))
}

/** Every file of a state folder that holds what is hidden; of the database all tables but those that secrets are kept in. */
function stateOf(folder: string, hidden: Hidden): { files: string[]; secretsSeen: string[] } {
  const found: string[] = []
  let secretsSeen: string[] = []
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = join(folder, name)
    if (statSync(file).isDirectory() || name.startsWith('state.db-')) continue
    if (name !== 'state.db') {
      found.push(...hidden.in(readFileSync(file, 'latin1')).map((what) => `${name}: ${what}`))
      continue
    }
    const db = new DatabaseSync(file, { readOnly: true })
    const tables = db.prepare("select name from sqlite_master where type = 'table'").all() as { name: string }[]
    for (const { name: table } of tables) {
      const seen = hidden.in(JSON.stringify(db.prepare(`select * from "${table}"`).all()))
      if (table.startsWith('secret')) secretsSeen = [...secretsSeen, ...seen]
      else found.push(...seen.map((what) => `table ${table}: ${what}`))
    }
    db.close()
  }
  return { files: found, secretsSeen }
}
