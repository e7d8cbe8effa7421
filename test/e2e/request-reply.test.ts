import { randomUUID } from 'node:crypto'
import { GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Bridge,
  type Device,
  NAMES,
  startBridge,
  startTestUpstream,
  type TestUpstream,
  untraced,
} from './harness/index.ts'

const EVALUATE = { action: 'Delete user data', context: 'User requested account deletion' }
const OWN_TOPIC = 'jamey/responses/jamey-instance-1'
const SHARED_TOPIC = 'jamey/conscience/results'

let upstream: TestUpstream
let bridge: Bridge
beforeAll(async () => {
  upstream = await startTestUpstream()
  bridge = await startBridge({ parameters: { ApiUpstreamUrl: upstream.url } })
})
afterAll(async () => {
  await bridge?.[Symbol.asyncDispose]()
  await upstream?.[Symbol.asyncDispose]()
})

describe.each([5, 4] as const)('a device on MQTT protocol level %i', (protocolVersion) => {
  const connect = (subscribe = [OWN_TOPIC]) => bridge.connect({ protocolVersion, subscribe })

  test('gets a conscience evaluation on its private topic', async () => {
    await using device = await connect()
    const correlationId = randomUUID()
    const sent = await device.send('jamey/conscience/evaluate', EVALUATE, {
      correlation_id: correlationId,
      reply_to: OWN_TOPIC,
    })

    const { topic, envelope } = await device.reply(correlationId)
    expect(topic).toBe(OWN_TOPIC)
    expect(envelope).toMatchObject({
      topic: OWN_TOPIC,
      payload: { action: EVALUATE.action, explanation: expect.any(String), applied_rules: expect.any(Array) },
      metadata: {
        client_id: 'jamey-instance-1',
        correlation_id: correlationId,
        in_reply_to: sent.message_id,
        status: 'ok',
      },
    })
  })

  test('gets a conscience evaluation on the shared topic when it names none', async () => {
    await using device = await connect([OWN_TOPIC, SHARED_TOPIC])
    await using listener = await bridge.connect({ clientId: 'observer-1', subscribe: [SHARED_TOPIC] })
    const correlationId = randomUUID()
    await device.send('jamey/conscience/evaluate', EVALUATE, { correlation_id: correlationId })

    const [own, heard] = await Promise.all([device.reply(correlationId), listener.reply(correlationId)])
    expect(own.topic).toBe(SHARED_TOPIC)
    expect(heard.text).toBe(own.text)
  })

  test('stores a memory and finds it again; everyone is told that it exists, without its content', async () => {
    await using device = await connect()
    await using listener = await bridge.connect({ clientId: 'observer-1', subscribe: ['jamey/memory/updates'] })
    const content = `the harbour opens at ${randomUUID()}`
    const stored = await device.request('jamey/memory/store', { layer: 'semantic', content, tags: ['harbour'] })
    const { id, created_at } = stored.envelope.payload as { id: string; created_at: string }

    const found = await device.request('jamey/memory/query', { query: content, layer: 'semantic' })
    expect(stored.envelope.payload).toEqual({ id, layer: 'semantic', content, tags: ['harbour'], score: 1, created_at })
    const { memories, total } = found.envelope.payload as { memories: unknown[]; total: number }
    expect(memories[0]).toMatchObject({ id, content, layer: 'semantic' })
    expect(total).toBeGreaterThan(0)
    const update = await listener.messages.take('update', ({ envelope }) => JSON.stringify(envelope).includes(id))
    expect(update.envelope.payload).toEqual({ id, layer: 'semantic', created_at })
    expect(update.text).not.toContain(content)
  })

  test('reaches the API upstream', async () => {
    await using device = await connect()
    upstream.answerWith((response, { body }) => {
      response.writeHead(201, { 'content-type': 'application/json', 'x-served-by': 'test' }).end(body)
    })
    const { envelope } = await device.request('jamey/api/requests', {
      method: 'POST',
      path: '/public/echo?x=1',
      headers: { 'X-Own': 'yes', Authorization: 'Bearer stolen' },
      body: { hello: 'world' },
    })

    expect(envelope.payload).toMatchObject({
      status: 201,
      headers: { 'x-served-by': 'test' },
      body: { hello: 'world' },
    })
    const call = await upstream.calls.take('call', ({ path }) => path === '/public/echo?x=1')
    expect(call).toMatchObject({
      method: 'POST',
      body: '{"hello":"world"}',
      headers: {
        'x-own': 'yes',
        'x-bridge-client-id': 'jamey-instance-1',
        'x-bridge-organization-id': 'acme',
        'idempotency-key': expect.any(String),
      },
    })
    expect(call.headers.authorization).toBeUndefined()
  })

  test('has its status, heartbeat and errors recorded', async () => {
    await using device = await bridge.connect({
      clientId: 'operator-1',
      protocolVersion,
      subscribe: ['jamey/events/status'],
    })
    const message = randomUUID()
    const nowMs = Date.now()
    await device.send('jamey/events/status', { status: 'online', message, component: 'test' })
    await device.send('jamey/events/heartbeat', {
      client_id: 'operator-1',
      timestamp: new Date(nowMs).toISOString(),
      metrics: { uptime: protocolVersion },
    })
    await device.send('jamey/events/errors', { code: message, message: 'x', component: 'test', severity: 'warning' })

    const heard = await device.messages.take('status', ({ text }) => text.includes(message))
    expect(heard.topic).toBe('jamey/events/status')
    await bridge.runtime.idle()
    expect(JSON.parse((await statusItem('operator-1', 'status')).payload)).toMatchObject({ status: 'online', message })
    expect(JSON.parse((await statusItem('operator-1', 'heartbeat')).payload)).toMatchObject({
      metrics: { uptime: protocolVersion },
    })
    expect(await statusItem('operator-1', 'errors')).toMatchObject({ last_code: message, last_severity: 'warning' })
  })

  test('gets the same answer twice for the same correlation id, and the handler runs once', async () => {
    await using device = await connect()
    upstream.answerWith((response) => void response.end(randomUUID()))
    const correlationId = randomUUID()
    const path = `/public/once/${correlationId}`
    const first = await device.request('jamey/api/requests', { method: 'GET', path }, { correlation_id: correlationId })
    const again = await device.request('jamey/api/requests', { method: 'GET', path }, { correlation_id: correlationId })

    expect(untraced(again)).toBe(untraced(first))
    expect(upstream.calls.all.filter((call) => call.path === path)).toHaveLength(1)
  })

  test('shares no answers with a device that uses the same correlation id', async () => {
    await using device = await connect()
    await using other = await bridge.connect({ clientId: 'jamey-instance-2', protocolVersion })
    upstream.answerWith((response, { headers }) => void response.end(headers['x-bridge-client-id']))
    const correlationId = randomUUID()
    const ask = (one: Device) =>
      one.request(
        'jamey/api/requests',
        { method: 'GET', path: `/public/${correlationId}` },
        { correlation_id: correlationId },
      )
    const [own, others] = await Promise.all([ask(device), ask(other)])

    expect(own.envelope.payload).toMatchObject({ body: 'jamey-instance-1' })
    expect(others.envelope.payload).toMatchObject({ body: 'jamey-instance-2' })
    await bridge.runtime.idle()
    const calls = upstream.calls.all.filter(({ path }) => path === `/public/${correlationId}`)
    expect(new Set(calls.map(({ headers }) => headers['idempotency-key'])).size).toBe(2)
    expect(device.messages.all).toHaveLength(1)
    expect(other.messages.all).toHaveLength(1)
  })
})

test('the correlation data and response topic of MQTT 5 are honoured', async () => {
  await using device = await bridge.connect({ subscribe: [OWN_TOPIC, SHARED_TOPIC] })
  const correlationId = randomUUID()
  const correlationData = Buffer.from([0, 255, 128, 10])
  const envelope = {
    message_id: randomUUID(),
    timestamp: new Date().toISOString(),
    topic: 'jamey/conscience/evaluate',
    payload: EVALUATE,
    metadata: { correlation_id: correlationId },
  }
  const properties = { responseTopic: OWN_TOPIC, correlationData }
  await device.publish('jamey/conscience/evaluate', JSON.stringify(envelope), properties)

  const reply = await device.reply(correlationId)
  expect(reply.topic).toBe(OWN_TOPIC)
  expect(reply.properties?.correlationData).toEqual(correlationData)
})

test('a request without a correlation id is answered once for its message id', async () => {
  await using device = await bridge.connect()
  const envelope = {
    message_id: randomUUID(),
    timestamp: new Date().toISOString(),
    topic: 'jamey/conscience/evaluate',
    payload: EVALUATE,
    metadata: { reply_to: OWN_TOPIC },
  }
  const answers = () =>
    device.messages.take('answer', (one) => one.envelope.metadata.in_reply_to === envelope.message_id)
  await device.publish('jamey/conscience/evaluate', JSON.stringify(envelope))
  const first = await answers()
  await device.publish('jamey/conscience/evaluate', JSON.stringify(envelope))

  expect(untraced(await answers())).toBe(untraced(first))
})

test('a conscience request costs two calls of DynamoDB', async () => {
  await using device = await bridge.connect()
  const before = callsOf(bridge.runtime.tableCalls())
  await device.request('jamey/conscience/evaluate', EVALUATE, { reply_to: OWN_TOPIC })
  await bridge.runtime.idle()

  expect(callsOf(bridge.runtime.tableCalls()) - before).toBe(2)
})

test('the memory table holds one item for a memory that was sent twice', async () => {
  await using device = await bridge.connect()
  const content = randomUUID()
  const payload = { layer: 'working', content, tags: [] }
  const correlationId = randomUUID()
  const first = await device.request('jamey/memory/store', payload, { correlation_id: correlationId })
  const again = await device.request('jamey/memory/store', payload, { correlation_id: correlationId })

  expect(untraced(again)).toBe(untraced(first))
  const { Items = [] } = await bridge.dynamoDb.send(new ScanCommand({ TableName: NAMES.memoryTable }))
  expect(Items.map((item) => unmarshall(item)).filter((item) => item.content === content)).toHaveLength(1)
})

async function statusItem(clientId: string, kind: string) {
  const { Item } = await bridge.dynamoDb.send(
    new GetItemCommand({ TableName: NAMES.statusTable, Key: { client_id: { S: clientId }, kind: { S: kind } } }),
  )
  return unmarshall(Item ?? {})
}

/** Calls to all tables but those of presence and of rules, which follow connections and the clock and not requests. */
function callsOf(tables: ReturnType<Bridge['runtime']['tableCalls']>): number {
  return Object.entries(tables)
    .filter(([table]) => table !== NAMES.presenceTable && table !== NAMES.ruleTable)
    .flatMap(([, operations]) => Object.values(operations))
    .reduce((sum, count) => sum + count, 0)
}

describe('a device that knows MQTT 5 and no envelope', () => {
  const CORRELATION_DATA = Buffer.from([0, 1, 0xff])
  const ask = (device: Device, payload: unknown, responseTopic = OWN_TOPIC) =>
    device.publish('jamey/conscience/evaluate', JSON.stringify(payload), {
      responseTopic,
      correlationData: CORRELATION_DATA,
    })

  test('gets the bare result with its correlation data', async () => {
    await using device = await bridge.connect({ subscribe: [OWN_TOPIC] })
    await ask(device, EVALUATE)

    const { text, properties } = await device.messages.take('the reply', ({ topic }) => topic === OWN_TOPIC)
    expect(JSON.parse(text)).toMatchObject({ action: EVALUATE.action, approved: expect.any(Boolean) })
    expect(properties).toMatchObject({
      correlationData: CORRELATION_DATA,
      contentType: 'application/json',
      userProperties: { status: 'ok' },
    })
  })

  test('is told in the same form what was wrong', async () => {
    await using device = await bridge.connect({ subscribe: [OWN_TOPIC] })
    await ask(device, { action: 7 })

    const { text, properties } = await device.messages.take('the error', ({ topic }) => topic === OWN_TOPIC)
    expect(JSON.parse(text)).toMatchObject({ code: 'invalid_payload', component: 'conscience' })
    expect(properties).toMatchObject({ correlationData: CORRELATION_DATA, userProperties: { status: 'error' } })
  })
})
