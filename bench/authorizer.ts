import { createSecretKey, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import jwt from 'jsonwebtoken'
import {
  DEFAULT_ROOT,
  type DeviceRecord,
  deviceRecordSchema,
  ISSUER_ALGORITHM,
  type IssuerKey,
  KEY_LIMITS,
  parseFleet,
  TOKEN_LIMITS,
} from '#contract/index.ts'
import { createAuthorizer } from '../functions/authorizer/handler.ts'
import { createDeviceKeys } from '../functions/authorizer/keys/device-keys.ts'
import { createIssuerKeys } from '../functions/authorizer/keys/issuer-keys.ts'
import { createKeyRing } from '../functions/authorizer/keys/key-ring.ts'
import { createDeviceDirectory, type DeviceDirectory } from '../functions/shared/device-directory.ts'
import { createObserver, type Observer } from '../functions/shared/observability.ts'
import { createApiServer } from '../local/aws-api/index.ts'
import { createDynamoDb, dynamoDbService } from '../local/dynamodb/index.ts'
import { createIam } from '../local/iam/index.ts'
import { hostileEvents } from './hostile-events.ts'
import { describeMachine, machineText } from './machine.ts'
import { percentile, renderTable, tell } from './report.ts'

const CONNECTS = 1_000
const WARM_UP = 2_000
/** Variants take turns in blocks, so that a change of the machine's mood hits all. */
const BLOCKS = 20
const TARGET_RATIO = 3
const HOSTILE_EVENTS = 10_000
const HOSTILE_TARGET_MS = 50
const ARN_PREFIX = 'arn:aws:iot:us-east-1:000000000000'
const SERVER_NAME = 'localhost'
const TABLE = 'devices'

const key: IssuerKey = { kid: 'bench', secret: randomBytes(48).toString('base64url') }
const roleNames = ['agent', 'observer'] as const
const { roles } = parseFleet(JSON.parse(readFileSync(new URL('../fleet.json', import.meta.url), 'utf8')), DEFAULT_ROOT)

interface Variant {
  name: string
  run: (index: number) => unknown
}

function clientId(index: number): string {
  return `bench-${index % CONNECTS}`
}

function recordOf(index: number, role: string): DeviceRecord {
  return deviceRecordSchema.parse({
    client_id: clientId(index),
    role,
    organization_id: 'bench',
    device_id: `d${index}`,
    status: 'active',
    key_version: 1,
    not_before_seconds: 0,
  })
}

function tokens(permissions: readonly string[]): string[] {
  const iat = Math.floor(Date.now() / 1_000)
  const exp = iat + TOKEN_LIMITS.defaultLifetimeSeconds
  return Array.from({ length: CONNECTS }, (_, index) =>
    jwt.sign({ sub: clientId(index), iat, exp, permissions }, key.secret, {
      algorithm: ISSUER_ALGORITHM,
      keyid: key.kid,
    }),
  )
}

function authorizerWith(devices: DeviceDirectory, observer: Observer) {
  return createAuthorizer({
    root: DEFAULT_ROOT,
    roles,
    devices,
    observer,
    keyRing: createKeyRing({
      issuerKeys: createIssuerKeys(async () => [key], { graceSeconds: KEY_LIMITS.graceMarginSeconds }),
      deviceKeys: createDeviceKeys(async () => key.secret),
    }),
    serverNames: async () => ({ all: [SERVER_NAME], withCertificate: [] }),
    maxLifetimeSeconds: TOKEN_LIMITS.defaultLifetimeSeconds,
  })
}

/** A run of the authorizer that must let everybody in: a refusal would be fast and measure nothing. */
function connects(authorize: ReturnType<typeof createAuthorizer>, signed: readonly string[]): Variant['run'] {
  const events = signed.map((token, index) => ({
    protocols: ['tls', 'mqtt'],
    protocolData: {
      tls: { serverName: SERVER_NAME },
      mqtt: { username: '', password: Buffer.from(token).toString('base64'), clientId: clientId(index) },
    },
    connectionMetadata: { id: `connection-${index}` },
  }))
  return async (index) => {
    const { isAuthenticated } = await authorize(events[index % CONNECTS], ARN_PREFIX)
    if (!isAuthenticated) throw new Error('a connect was refused')
  }
}

async function measure(variants: readonly Variant[]): Promise<number[][]> {
  const samples: number[][] = variants.map(() => [])
  for (const { run } of variants) for (let index = 0; index < WARM_UP; index += 1) await run(index)
  for (let block = 0; block < BLOCKS; block += 1) {
    for (const [which, { run }] of variants.entries()) {
      for (let count = 0; count < CONNECTS / BLOCKS; count += 1) {
        const startedAtMs = performance.now()
        await run(block * (CONNECTS / BLOCKS) + count)
        samples[which]?.push(performance.now() - startedAtMs)
      }
    }
  }
  return samples
}

/**
 * The longest that one event keeps the function busy, whoever makes it up. Each is judged twice, by authorizers that have not seen it, and the better
 * time counts: the other one tells of the machine.
 */
async function measureHostile() {
  const events = hostileEvents(HOSTILE_EVENTS, { key, clientId: clientId(0), serverName: SERVER_NAME })
  const best = events.map(() => Number.POSITIVE_INFINITY)
  let accepted = 0
  for (let pass = 0; pass < 2; pass += 1) {
    const authorize = authorizerWith(inMemory, createObserver('authorizer'))
    accepted = 0
    for (const [index, event] of events.entries()) {
      const startedAtMs = performance.now()
      const { isAuthenticated } = await authorize(event, ARN_PREFIX)
      best[index] = Math.min(best[index] ?? 0, performance.now() - startedAtMs)
      if (isAuthenticated) accepted += 1
    }
  }
  return { maxMs: Math.max(...best), p99Ms: percentile(best, 0.99), accepted }
}

/** DynamoDB of the local runtime, over HTTP, by the SDK client that the function uses. */
async function openTable(records: readonly DeviceRecord[]) {
  const dynamoDb = createDynamoDb({})
  await dynamoDb.createTable(
    {
      TableName: TABLE,
      KeySchema: [{ AttributeName: 'client_id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'client_id', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    },
    TABLE,
  )
  const iam = createIam()
  const { identify, authorize, developerCredentials: credentials } = iam
  const server = await createApiServer({
    services: { dynamodb: dynamoDbService(dynamoDb) },
    identify,
    authorize,
    log() {},
  })
  const client = new DynamoDBClient({ endpoint: server.url, region: 'us-east-1', credentials })
  for (const record of records) await client.send(new PutItemCommand({ TableName: TABLE, Item: marshall(record) }))
  return {
    directory: createDeviceDirectory({ client, tableName: TABLE }),
    async close() {
      client.destroy()
      await server.close()
      await dynamoDb.close()
    },
  }
}

const SILENT: Observer = { info() {}, warn() {}, error() {}, count() {}, measure() {}, flush() {} }

/** Log lines and metrics are made as in Lambda, and then thrown away: how fast a terminal is, is not our figure. */
async function withoutOutput<Result>(work: () => Promise<Result>): Promise<Result> {
  const { info, warn, error, log } = console
  const drop = () => undefined
  Object.assign(console, { info: drop, warn: drop, error: drop, log: drop })
  const streams = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write }))
  for (const { stream } of streams) stream.write = () => true
  try {
    return await work()
  } finally {
    for (const { stream, write } of streams) stream.write = write
    Object.assign(console, { info, warn, error, log })
  }
}

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
const machine = describeMachine()
const [role] = roleNames
const records = Array.from({ length: CONNECTS }, (_, index) => recordOf(index, role))
const byId = new Map(records.map((record) => [record.client_id, record]))
const inMemory: DeviceDirectory = { find: async (id) => byId.get(id) }
const narrow = tokens([`${DEFAULT_ROOT}/memory/#`, `sub:${DEFAULT_ROOT}/responses/\${clientId}`])
const wide = tokens(['${root}/#', 'org/${organizationId}/device/${deviceId}/#'])
tell(`putting ${CONNECTS} devices into a table`)
const table = await openTable(records)
const preparedKey = createSecretKey(Buffer.from(key.secret))
const options = { algorithms: [ISSUER_ALGORITHM] } as const

const variants: Variant[] = [
  {
    name: 'jsonwebtoken.verify, secret as text',
    run: (index) => jwt.verify(narrow[index % CONNECTS] ?? '', key.secret, { algorithms: [...options.algorithms] }),
  },
  {
    name: 'jsonwebtoken.verify, key prepared',
    run: (index) => jwt.verify(narrow[index % CONNECTS] ?? '', preparedKey, { algorithms: [...options.algorithms] }),
  },
  { name: 'authorizer, 2 patterns, no log', run: connects(authorizerWith(inMemory, SILENT), narrow) },
  { name: 'authorizer, 2 patterns', run: connects(authorizerWith(inMemory, createObserver('authorizer')), narrow) },
  { name: 'authorizer, whole role', run: connects(authorizerWith(inMemory, createObserver('authorizer')), wide) },
  {
    name: 'authorizer, 2 patterns, DynamoDB',
    run: connects(authorizerWith(table.directory, createObserver('authorizer')), narrow),
  },
]
tell(`${CONNECTS} connects each, in ${BLOCKS} blocks by turns`)
const samples = await withoutOutput(() => measure(variants))
await table.close()
tell(`${HOSTILE_EVENTS} hostile events`)
const hostile = await withoutOutput(measureHostile)

const figures = variants.map(({ name }, index) => {
  const own = samples[index] ?? []
  return { name, p50Ms: percentile(own, 0.5), p99Ms: percentile(own, 0.99) }
})
const bare = figures[0]
const ratios = figures.map(({ p50Ms, p99Ms }) => ({
  p50: p50Ms / (bare?.p50Ms ?? Number.NaN),
  p99: p99Ms / (bare?.p99Ms ?? Number.NaN),
}))
if (values.json) {
  process.stdout.write(
    `${JSON.stringify({ machine, connects: CONNECTS, figures, ratios, targetRatio: TARGET_RATIO, hostile })}\n`,
  )
} else {
  const rows = figures.map(({ name, p50Ms, p99Ms }, index) => [
    name,
    p50Ms.toFixed(3),
    p99Ms.toFixed(3),
    (ratios[index]?.p50 ?? 0).toFixed(1),
    (ratios[index]?.p99 ?? 0).toFixed(1),
  ])
  const table = renderTable([['', 'p50 ms', 'p99 ms', 'ratio p50', 'ratio p99'], ...rows])
  process.stdout.write(
    [
      machineText(machine),
      '',
      table,
      '',
      `${CONNECTS} connects with a warm authorizer: all of the function from event to answer, in this process. Ratios are to the first row; the target is ${TARGET_RATIO}.`,
      `${HOSTILE_EVENTS} random and hostile events: the slowest took ${hostile.maxMs.toFixed(1)} ms (target ${HOSTILE_TARGET_MS}), 99 % at most ${hostile.p99Ms.toFixed(2)} ms; ${hostile.accepted} were let in, none made it throw.`,
      'Device records come from memory, except in the last row: the local DynamoDB over HTTP, read by the SDK.',
      'Log line and metrics are made and not written anywhere. Not measured: Lambda, IoT Core, the network.',
      '',
    ].join('\n'),
  )
}
