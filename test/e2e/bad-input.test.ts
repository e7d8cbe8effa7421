import { randomUUID } from 'node:crypto'
import { GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { InvokeCommand } from '@aws-sdk/client-lambda'
import { marshall } from '@aws-sdk/util-dynamodb'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { MAX_PAYLOAD_BYTES, type Metadata, topicDefinition } from '#contract/index.ts'
import { requestHash, requestKey } from '#correlation/index.ts'
import {
  answerOk,
  type Bridge,
  type Device,
  disconnected,
  envelopeOf,
  type FunctionEntry,
  NAMES,
  type Received,
  startBridge,
  startTestUpstream,
  type TestUpstream,
  untraced,
} from './harness/index.ts'

/** Stands in what devices send, and must stand in no log. */
const SECRET = 'xyzzy-never-logged'
const EVALUATE = { action: 'Delete user data', context: SECRET }
const OWN_TOPIC = 'jamey/responses/jamey-instance-1'

let upstream: TestUpstream
let bridge: Bridge
let device: Device
beforeAll(async () => {
  upstream = await startTestUpstream()
  bridge = await startBridge({ parameters: { ApiUpstreamUrl: upstream.url } })
  device = await bridge.connect()
})
afterEach(async () => {
  upstream.answerWith(answerOk)
  await bridge.runtime.idle()
  expect(bridge.log.text()).not.toContain(SECRET)
})
afterAll(async () => {
  await device?.[Symbol.asyncDispose]()
  await bridge?.[Symbol.asyncDispose]()
  await upstream?.[Symbol.asyncDispose]()
})

/** Checks the error reply and that exactly one line of a function tells of it. */
async function expectRefusal(reply: Received, code: string, correlationId: string | null, linesBefore: number) {
  expect(reply.topic).toBe(OWN_TOPIC)
  expect(reply.envelope.metadata).toMatchObject({ status: 'error', correlation_id: correlationId })
  expect(reply.envelope.payload).toMatchObject({ code, message: expect.any(String), severity: expect.any(String) })
  await bridge.runtime.idle()
  expect(linesSince(linesBefore)).toMatchObject([
    { code, client_id: 'jamey-instance-1', topic: expect.any(String), reason: expect.any(String) },
  ])
}

function lineCount(): number {
  return bridge.log.functions.all.length
}

/** What the functions said of refused requests, connects left out. */
function linesSince(count: number): FunctionEntry[] {
  const { all } = bridge.log.functions
  return all.slice(count).filter(({ message }) => message !== 'connection_accepted' && message !== 'presence')
}

describe('what a device sends wrong is answered with its code', () => {
  const api = (payload: object) => ({ method: 'GET', path: '/public/x', headers: {}, ...payload })
  const wrong: [string, string, unknown, string, Partial<Metadata>?][] = [
    ['a missing field', 'conscience/evaluate', { action: SECRET }, 'invalid_payload'],
    ['a field of another type', 'conscience/evaluate', { action: [SECRET], context: '' }, 'invalid_payload'],
    ['a payload that is no object', 'memory/query', [SECRET], 'invalid_payload'],
    ['an unknown layer', 'memory/store', { layer: SECRET, content: 'c', tags: [] }, 'unknown_layer'],
    ['an unknown layer to look in', 'memory/query', { query: SECRET, layer: 'deep' }, 'unknown_layer'],
    ['too many results asked for', 'memory/query', { query: SECRET, limit: 101 }, 'invalid_payload'],
    ['the client id of another', 'conscience/evaluate', EVALUATE, 'client_id_mismatch', { client_id: 'operator-1' }],
    [
      'the reply topic of another client',
      'conscience/evaluate',
      EVALUATE,
      'reply_to_forbidden',
      { reply_to: 'jamey/responses/jamey-instance-2' },
    ],
    [
      'a shared topic that is not open for replies',
      'api/requests',
      api({}),
      'reply_to_forbidden',
      { reply_to: 'jamey/api/responses' },
    ],
    [
      'the shared topic of another route',
      'memory/query',
      { query: SECRET },
      'reply_to_forbidden',
      { reply_to: 'jamey/conscience/results' },
    ],
    ['a reply topic with a wildcard', 'api/requests', api({}), 'reply_to_forbidden', { reply_to: 'jamey/responses/+' }],
    [
      'a reply topic that would come back as a request',
      'conscience/evaluate',
      EVALUATE,
      'reply_to_forbidden',
      { reply_to: 'jamey/memory/store' },
    ],
    ['a path out of the base URL', 'api/requests', api({ path: '/public/%2e%2e/admin' }), 'path_invalid'],
    ['a path of another role', 'api/requests', api({ path: '/admin' }), 'path_forbidden'],
    ['a method of another role', 'api/requests', api({ method: 'DELETE' }), 'method_forbidden'],
  ]
  test.each(wrong)('%s', async (_, topic, payload, code, metadata = {}) => {
    await using victim = await bridge.connect({ clientId: 'jamey-instance-2' })
    const before = lineCount()
    const correlationId = randomUUID()
    const calls = upstream.calls.all.length
    const reply = await device.request(`jamey/${topic}`, payload, { ...metadata, correlation_id: correlationId })

    await expectRefusal(reply, code, correlationId, before)
    expect(upstream.calls.all).toHaveLength(calls)
    expect(victim.messages.all).toHaveLength(0)
  })

  const malformed: [string, string | Buffer, string, string | null][] = [
    ['text that is not JSON', `{"action": ${SECRET}`, 'malformed_json', null],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 'malformed_json', null],
    ['nothing', '', 'malformed_json', null],
    ['JSON that is no envelope', JSON.stringify({ action: SECRET }), 'invalid_envelope', null],
    [
      'an envelope without a message id',
      JSON.stringify({ ...envelopeOf('t', EVALUATE, { correlation_id: 'c-1' }), message_id: undefined }),
      'invalid_envelope',
      'c-1',
    ],
    [
      'a reply_to that is no text',
      JSON.stringify({ ...envelopeOf('t', EVALUATE), metadata: { correlation_id: 'c-2', reply_to: { a: SECRET } } }),
      'invalid_envelope',
      'c-2',
    ],
  ]
  test.each(malformed)('%s', async (_, text, code, correlationId) => {
    const before = lineCount()
    await device.publish('jamey/conscience/evaluate', text)
    const reply = await device.messages.take(code, ({ envelope }) => envelope.metadata.status === 'error')

    await expectRefusal(reply, code, correlationId, before)
  })

  test('a response topic of MQTT 5 that belongs to another', async () => {
    const before = lineCount()
    const envelope = envelopeOf('t', EVALUATE, { correlation_id: randomUUID() })
    await device.publish('jamey/conscience/evaluate', JSON.stringify(envelope), {
      responseTopic: 'jamey/responses/jamey-instance-2',
      correlationData: Buffer.from('mine'),
    })
    const reply = await device.reply(String(envelope.metadata.correlation_id))

    expect(reply.properties?.correlationData).toEqual(Buffer.from('mine'))
    await expectRefusal(reply, 'reply_to_forbidden', envelope.metadata.correlation_id, before)
  })

  test('an event in the name of another client', async () => {
    const before = lineCount()
    const heartbeat = { client_id: 'operator-1', timestamp: new Date().toISOString(), metrics: {} }
    const correlationId = randomUUID()
    const reply = await device.request('jamey/events/heartbeat', heartbeat, { correlation_id: correlationId })

    await expectRefusal(reply, 'client_id_mismatch', correlationId, before)
  })
})

describe('a reply that does not fit', () => {
  test('is refused when the memories found are too many', async () => {
    const content = `${SECRET} ${'lorem ipsum '.repeat(800)}`
    for (let index = 0; index < 14; index += 1) {
      await device.send('jamey/memory/store', { layer: 'episodic', content, tags: [String(index)], user_id: 'big' })
    }
    await bridge.runtime.idle()
    const before = lineCount()
    const correlationId = randomUUID()
    const query = { query: SECRET, layer: 'episodic', limit: 100, user_id: 'big' }
    const reply = await device.request('jamey/memory/query', query, { correlation_id: correlationId })

    await expectRefusal(reply, 'reply_too_large', correlationId, before)
  })

  test('is refused when the upstream answers more than a reply holds', async () => {
    const cases = [
      ['reply_too_large', 90],
      ['upstream_response_too_large', 97],
    ] as const
    for (const [code, kilobytes] of cases) {
      upstream.answerWith((response) => {
        response.writeHead(200, { 'content-type': 'text/plain' }).end('"'.repeat(kilobytes * 1024))
      })
      const before = lineCount()
      const correlationId = randomUUID()
      const request = { method: 'GET', path: '/public/big' }
      const reply = await device.request('jamey/api/requests', request, { correlation_id: correlationId })

      await expectRefusal(reply, code, correlationId, before)
    }
  })
})

describe('repeats', () => {
  const TOPIC = 'jamey/api/requests'
  const payload = { method: 'GET', path: `/public/${SECRET}` }
  const keyOf = (correlationId: string) =>
    requestKey({ clientId: 'jamey-instance-1', correlationId, messageId: randomUUID() })

  async function seedClaim(correlationId: string, leaseUntilMs: number): Promise<void> {
    const record = {
      request_key: keyOf(correlationId),
      state: 'pending',
      request_hash: requestHash(TOPIC, topicDefinition('api/requests').payload.parse(payload)),
      owner: 'an attempt that died',
      fence: 7,
      lease_until_ms: leaseUntilMs,
      created_at_ms: Date.now(),
      updated_at_ms: Date.now(),
      expires_at_seconds: Math.ceil(Date.now() / 1000) + 3_600,
    }
    await bridge.dynamoDb.send(new PutItemCommand({ TableName: NAMES.correlationTable, Item: marshall(record) }))
  }

  test('a duplicate gets the stored reply, told in no log', async () => {
    const correlationId = randomUUID()
    const first = await device.request(TOPIC, payload, { correlation_id: correlationId })
    const before = lineCount()
    const again = await device.request(TOPIC, payload, { correlation_id: correlationId })

    expect(untraced(again)).toBe(untraced(first))
    await bridge.runtime.idle()
    expect(linesSince(before)).toEqual([])
  })

  test('another payload under a used correlation id is a conflict', async () => {
    const correlationId = randomUUID()
    const first = await device.request(TOPIC, payload, { correlation_id: correlationId })
    const before = lineCount()
    const other = { ...payload, path: '/public/other' }
    const reply = await device.request(TOPIC, other, { correlation_id: correlationId })

    await expectRefusal(reply, 'correlation_conflict', correlationId, before)
    const again = await device.request(TOPIC, payload, { correlation_id: correlationId })
    expect(untraced(again)).toBe(untraced(first))
  })

  test('a request that another attempt works on is left to it', async () => {
    const correlationId = randomUUID()
    await seedClaim(correlationId, Date.now() + 60_000)
    const before = lineCount()
    const [received, calls] = [device.messages.all.length, upstream.calls.all.length]
    await device.send(TOPIC, payload, { correlation_id: correlationId })
    await bridge.runtime.idle()

    expect(linesSince(before)).toMatchObject([{ message: 'request_in_flight', client_id: 'jamey-instance-1' }])
    await device.request(TOPIC, payload)
    expect(device.messages.all).toHaveLength(received + 1)
    expect(upstream.calls.all).toHaveLength(calls + 1)
  })

  test('an attempt whose lease ran out is taken over', async () => {
    const correlationId = randomUUID()
    await seedClaim(correlationId, Date.now() - 1)
    const reply = await device.request(TOPIC, payload, { correlation_id: correlationId })

    expect(reply.envelope.metadata.status).toBe('ok')
    const { Item = {} } = await bridge.dynamoDb.send(
      new GetItemCommand({ TableName: NAMES.correlationTable, Key: { request_key: { S: keyOf(correlationId) } } }),
    )
    expect(Item).toMatchObject({ state: { S: 'completed' }, fence: { N: '8' } })
  })

  test('an attempt that lost its lease says nothing', async () => {
    const correlationId = randomUUID()
    upstream.answerWith(async (response) => {
      await bridge.dynamoDb.send(
        new UpdateItemCommand({
          TableName: NAMES.correlationTable,
          Key: { request_key: { S: keyOf(correlationId) } },
          UpdateExpression: 'SET #owner = :other ADD fence :one',
          ExpressionAttributeNames: { '#owner': 'owner' },
          ExpressionAttributeValues: { ':other': { S: 'another attempt' }, ':one': { N: '1' } },
        }),
      )
      response.end('late')
    })
    const before = lineCount()
    const received = device.messages.all.length
    await device.send(TOPIC, payload, { correlation_id: correlationId })
    await bridge.runtime.idle()

    expect(linesSince(before)).toMatchObject([
      { message: 'lease_lost', code: 'lease_lost', client_id: 'jamey-instance-1' },
    ])
    upstream.answerWith(answerOk)
    await device.request(TOPIC, payload)
    expect(device.messages.all).toHaveLength(received + 1)
  })

  test('a request past its deadline is not run', async () => {
    const correlationId = randomUUID()
    const before = lineCount()
    const calls = upstream.calls.all.length
    const envelope = envelopeOf(TOPIC, payload, { correlation_id: correlationId })
    const event = {
      payload: Buffer.from(JSON.stringify(envelope)).toString('base64'),
      topic: TOPIC,
      client_id: 'jamey-instance-1',
      principal: 'p',
      received_at_ms: Date.now() - 30_001,
      broker_trace_id: randomUUID(),
    }
    await bridge.lambda.send(
      new InvokeCommand({
        FunctionName: 'mqtt-cloud-bridge-dev-api',
        InvocationType: 'Event',
        Payload: JSON.stringify(event),
      }),
    )

    await expectRefusal(await device.reply(correlationId), 'deadline_exceeded', correlationId, before)
    expect(upstream.calls.all).toHaveLength(calls)
  })
})

describe('what reaches no function', () => {
  const denied = ['jamey/nonsense', 'jamey/memory/updates', 'jamey/devices/jamey-instance-2/responses', 'other/topic']
  test.each(denied)('a publish to %s is answered with 0x87 and logged', async (topic) => {
    await expect(device.publish(topic, SECRET)).rejects.toMatchObject({ code: 0x87 })
    const entry = await bridge.log.runtime.take('denial', ({ event, name }) => event === 'denied' && name === topic)
    expect(entry).toMatchObject({
      level: 'warn',
      clientId: 'jamey-instance-1',
      action: 'publish',
      reasonCode: '0x87',
      reason: expect.stringContaining('iot:Publish'),
    })
  })

  test('an MQTT 3.1.1 client is disconnected for a topic outside the contract', async () => {
    await using old = await bridge.connect({ clientId: 'operator-1', protocolVersion: 4 })
    const ended = disconnected(old)
    old.client.publish('jamey/nonsense', SECRET, { qos: 1 })
    await ended

    const entry = await bridge.log.runtime.take(
      'disconnect',
      ({ event, clientId }) => event === 'client_disconnected' && clientId === 'operator-1',
    )
    expect(entry).toMatchObject({ disconnectReason: 'AUTH_ERROR', reason: expect.stringContaining('jamey/nonsense') })
  })

  test.each([5, 4] as const)('a payload over the limit ends the connection (level %i)', async (protocolVersion) => {
    await using other = await bridge.connect({ clientId: 'cli-publish', protocolVersion })
    const ended = disconnected(other)
    other.client.publish('jamey/memory/store', SECRET.padEnd(MAX_PAYLOAD_BYTES + 1), { qos: 1 })

    expect(await ended).toBe(protocolVersion === 5 ? 0x97 : undefined)
    const entry = await bridge.log.runtime.take(
      'disconnect',
      ({ event, clientId }) => event === 'client_disconnected' && clientId === 'cli-publish',
    )
    expect(entry).toMatchObject({
      level: 'warn',
      disconnectReason: 'CLIENT_ERROR',
      reason: expect.stringContaining(`${MAX_PAYLOAD_BYTES} bytes, got ${MAX_PAYLOAD_BYTES + 1}`),
    })
  })

  test('a payload at the limit is answered', async () => {
    const empty = JSON.stringify(envelopeOf('t', { query: 'x', padding: '' }, { correlation_id: 'limit' }))
    const padding = 'x'.repeat(MAX_PAYLOAD_BYTES - Buffer.byteLength(empty))
    await device.publish('jamey/memory/query', empty.replace('"padding":""', `"padding":"${padding}"`))

    expect((await device.reply('limit')).envelope.metadata.status).toBe('ok')
  })
})
