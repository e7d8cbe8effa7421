import { randomUUID } from 'node:crypto'
import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { marshall } from '@aws-sdk/util-dynamodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BridgeEvent, EVENT_SOURCE, EVENT_TYPES, EVENTS, type EventType } from '#contract/index.ts'
import { queuePolicy } from '../fixtures/queue-policy.ts'
import {
  assemblyWith,
  type Bridge,
  type Device,
  functionResource,
  NAMES,
  startBridge,
  type Template,
} from './harness/index.ts'

const QUEUE = 'other-team'
const SECRET = 'the-secret-of-the-payload'
/** What has expired is deleted as soon as it has; else the runtime does so each minute. */
const EXPIRY_SWEEP_MS = 500
/** How long an event may take: the batching window of the stream, and that sweep. */
const PATIENCE_MS = 30_000

/** What another team would deploy: a queue of theirs, and a rule on our bus that fills it. */
function addOtherTeam({ Resources }: Template): void {
  Resources.OtherQueue = { Type: 'AWS::SQS::Queue', Properties: { QueueName: QUEUE } }
  Resources.OtherRule = {
    Type: 'AWS::Events::Rule',
    Properties: {
      EventBusName: NAMES.eventBus,
      EventPattern: { source: [EVENT_SOURCE] },
      State: 'ENABLED',
      Targets: [{ Id: 'queue', Arn: { 'Fn::GetAtt': ['OtherQueue', 'Arn'] } }],
    },
  }
  const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] })
  Resources.OtherPolicy = queuePolicy('OtherQueue', arnOf('OtherQueue'), arnOf('OtherRule'))
}

type Told = { source: string; 'detail-type': EventType; detail: BridgeEvent['detail'] }

let opened: AsyncDisposableStack
let bridge: Bridge
let device: Device
const told: Told[] = []
beforeAll(async () => {
  opened = new AsyncDisposableStack()
  const assembly = opened.use(
    await assemblyWith({ events: 'true' }, (template) => {
      addOtherTeam(template)
      functionResource(template, 'presence').Properties.Environment.Variables.PRESENCE_GRACE_SECONDS = '1'
    }),
  )
  bridge = opened.use(
    await startBridge({
      assemblyFolder: assembly.folder,
      parameters: { ApiUpstreamUrl: '' },
      expirySweepMs: EXPIRY_SWEEP_MS,
    }),
  )
  device = opened.use(await bridge.connect())
})
afterAll(() => opened?.disposeAsync())

/** What the other team was told of one client or request, once there are so many events of it. */
async function eventsOf(facts: Readonly<Record<string, unknown>>, count: number): Promise<Told[]> {
  const QueueUrl = `${bridge.runtime.apiUrl}/000000000000/${QUEUE}`
  const untilMs = Date.now() + PATIENCE_MS
  for (;;) {
    const found = told.filter(({ detail }) =>
      Object.entries(facts).every(([key, value]) => Reflect.get(detail, key) === value),
    )
    if (found.length >= count || Date.now() > untilMs) return found
    const { Messages = [] } = await bridge.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 5 }),
    )
    for (const { ReceiptHandle } of Messages)
      await bridge.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
    told.push(...Messages.map(({ Body = '' }) => JSON.parse(Body) as Told))
  }
}

test('a request that is answered is told as received and completed, with its topic and without its content', async () => {
  const request_id = randomUUID()
  const payload = { layer: 'semantic', content: SECRET, tags: [] }
  await device.request('jamey/memory/store', payload, { correlation_id: request_id })

  const events = await eventsOf({ request_id }, 2)
  const facts = { request_id, client_id: 'jamey-instance-1', topic_key: 'memory/store', attempt: 1 }
  expect(events.map((event) => [event['detail-type'], event.detail])).toEqual([
    ['Request Received', expect.objectContaining(facts)],
    ['Request Completed', expect.objectContaining({ ...facts, duration_ms: expect.any(Number) })],
  ])
})

test('a request that is refused is told as failed, with its code', async () => {
  const request_id = randomUUID()
  await device.request('jamey/api/requests', { method: 'GET', path: '/public/health' }, { correlation_id: request_id })

  const [, failed] = await eventsOf({ request_id }, 2)
  expect(failed).toMatchObject({
    'detail-type': 'Request Failed',
    detail: { topic_key: 'api/requests', code: 'upstream_not_configured' },
  })
})

test('a request that nobody answered is told as expired when its record ends', { timeout: PATIENCE_MS }, async () => {
  const request_id = randomUUID()
  const now = Date.now()
  const record = {
    ...{
      request_key: `lamp-1#${request_id}`,
      state: 'pending',
      request_hash: 'h',
      owner: 'o',
      fence: 1,
      generation: 0,
    },
    ...{ lease_until_ms: now, created_at_ms: now, updated_at_ms: now, topic_key: 'memory/query' },
    expires_at_seconds: Math.floor(now / 1_000) + 1,
  }
  await bridge.dynamoDb.send(new PutItemCommand({ TableName: NAMES.correlationTable, Item: marshall(record) }))

  const [, expired] = await eventsOf({ request_id }, 2)
  expect(expired).toMatchObject({
    'detail-type': 'Request Expired',
    detail: { client_id: 'lamp-1', topic_key: 'memory/query', state: 'pending' },
  })
})

test('a device that comes and goes is told of, once each', async () => {
  await bridge.register({ client_id: 'lamp-2' })
  await (await bridge.connect({ clientId: 'lamp-2' }))[Symbol.asyncDispose]()

  const events = await eventsOf({ client_id: 'lamp-2' }, 2)
  expect(events.map((event) => event['detail-type'])).toEqual(['Device Connected', 'Device Disconnected'])
  expect(events[1]?.detail).toMatchObject({ reason: 'CLIENT_INITIATED_DISCONNECT' })
})

test('every kind of event was seen, each as its schema says, and none with the content of a user', () => {
  expect(new Set(told.map((event) => event['detail-type']))).toEqual(new Set(EVENT_TYPES))
  for (const event of told) {
    expect(event.source).toBe(EVENT_SOURCE)
    expect(EVENTS[event['detail-type']].safeParse(event.detail).error).toBeUndefined()
  }
  expect(JSON.stringify(told)).not.toContain(SECRET)
})
