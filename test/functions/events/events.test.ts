import { DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { STATUS_TABLE_KEYS } from '#functions/events/env.ts'
import { createEventRoutes } from '#functions/events/handler.ts'
import { createStatusTable, KEPT_SECONDS, MAX_KEPT_BYTES } from '#functions/events/status-table.ts'
import { codeOf, createChain, NOW_MS, recordingObserver } from '../conscience/chain.ts'
import { type DynamoDbServer, startDynamoDb, tableProperties } from '../memory/dynamodb-server.ts'

let database: DynamoDbServer
let tableName = ''
let tables = 0

beforeAll(async () => {
  database = await startDynamoDb()
})
afterAll(() => database.close())
beforeEach(async () => {
  tables += 1
  tableName = `status-${tables}`
  await database.dynamoDb.createTable(tableProperties(STATUS_TABLE_KEYS), tableName)
})

function chain(topic: string) {
  const { observer, counts, lines } = recordingObserver()
  const states = createStatusTable({ client: database.client, tableName })
  return { send: createChain(createEventRoutes({ states, observer }), { topic, observer }), counts, lines }
}

async function itemOf(clientId: string, kind: string): Promise<Record<string, unknown> | undefined> {
  const { Item } = await database.client.send(
    new GetItemCommand({ TableName: tableName, Key: { client_id: { S: clientId }, kind: { S: kind } } }),
  )
  return Item && unmarshall(Item)
}

const online = { status: 'online', message: 'up', component: 'main' }
const beat = (clientId: string) => ({ client_id: clientId, timestamp: '2026-05-20T12:00:00Z' })
const failure = (code: string) => ({ code, message: 'private text', component: 'engine', severity: 'error' })

describe('events/status', () => {
  test('keeps the last status with its further keys for thirty days, and answers nothing', async () => {
    const { send, counts } = chain('events/status')

    expect(await send({ payload: { ...online, firmware: '1.2' } })).toEqual({ outcome: 'none' })

    const { payload, ...item } = (await itemOf('c1', 'status')) ?? {}
    expect(JSON.parse(String(payload))).toEqual({ ...online, firmware: '1.2' })
    expect(item).toEqual({
      client_id: 'c1',
      kind: 'status',
      received_at_ms: NOW_MS,
      expires_at_seconds: NOW_MS / 1000 + KEPT_SECONDS,
    })
    expect(counts).toEqual({ EventsRecorded: 1 })
    expect(database.dynamoDb.counts()[tableName]).toMatchObject({ UpdateItem: 1 })
  })

  test('never replaces a newer status with an older one', async () => {
    const { send } = chain('events/status')
    await send({ payload: { ...online, message: 'new' }, receivedAtMs: NOW_MS })

    expect(await send({ payload: { ...online, message: 'old' }, receivedAtMs: NOW_MS - 1 })).toEqual({
      outcome: 'none',
    })

    expect(JSON.parse(String((await itemOf('c1', 'status'))?.payload))).toMatchObject({ message: 'new' })
  })

  test('keeps each client apart', async () => {
    const { send } = chain('events/status')
    await send({ payload: online, clientId: 'c1' })
    await send({ payload: { ...online, status: 'error' }, clientId: 'c2' })

    expect(JSON.parse(String((await itemOf('c1', 'status'))?.payload))).toMatchObject({ status: 'online' })
    expect(JSON.parse(String((await itemOf('c2', 'status'))?.payload))).toMatchObject({ status: 'error' })
  })

  test('keeps text with half a character', async () => {
    const { send } = chain('events/status')

    expect(await send({ payload: { ...online, message: 'a\ud800' } })).toEqual({ outcome: 'none' })

    expect(JSON.parse(String((await itemOf('c1', 'status'))?.payload)).message).toBe('a\ud800')
  })

  test('refuses a status that grows too long to be kept', async () => {
    const { send } = chain('events/status')
    // 4 bytes each on the wire, 21 when written out
    const numbers = `[${Array.from({ length: 10_000 }, () => '1e20').join(',')}]`
    const bytes = JSON.stringify({
      message_id: crypto.randomUUID(),
      timestamp: '2026-05-20T12:00:00Z',
      topic: 'jamey/events/status',
      payload: { ...online, numbers: '@' },
    }).replace('"@"', numbers)

    expect(bytes.length).toBeLessThan(MAX_KEPT_BYTES)
    expect(codeOf(await send({ payload: null, bytes }))).toBe('payload_too_large')
    expect(await itemOf('c1', 'status')).toBeUndefined()
  })

  test.each([
    ['an unknown status', { ...online, status: 'asleep' }],
    ['no component', { status: 'online', message: '' }],
    ['an empty component', { ...online, component: '' }],
    ['a list', [online]],
  ])('refuses %s', async (_, payload) => {
    const { send } = chain('events/status')

    expect(codeOf(await send({ payload }))).toBe('invalid_payload')
  })
})

describe('events/heartbeat', () => {
  test('keeps the last heartbeat beside the status', async () => {
    const { send } = chain('events/heartbeat')

    expect(await send({ payload: { ...beat('c1'), metrics: { uptime: 5 } } })).toEqual({ outcome: 'none' })

    expect(JSON.parse(String((await itemOf('c1', 'heartbeat'))?.payload))).toMatchObject({ metrics: { uptime: 5 } })
    expect(await itemOf('c1', 'status')).toBeUndefined()
  })

  test('refuses a heartbeat in the name of another client', async () => {
    const { send } = chain('events/heartbeat')

    expect(codeOf(await send({ payload: beat('c2') }))).toBe('client_id_mismatch')
    expect(await itemOf('c2', 'heartbeat')).toBeUndefined()
  })

  test.each([
    ['a time that is none', { ...beat('c1'), timestamp: 'now' }],
    ['a negative count', { ...beat('c1'), metrics: { uptime: -1 } }],
  ])('refuses %s', async (_, payload) => {
    const { send } = chain('events/heartbeat')

    expect(codeOf(await send({ payload }))).toBe('invalid_payload')
  })
})

describe('events/errors', () => {
  test('counts errors and remembers the last one without its text', async () => {
    const { send, counts } = chain('events/errors')
    await send({ payload: failure('first') })
    await send({ payload: { ...failure('second'), severity: 'critical' }, receivedAtMs: NOW_MS + 1 })

    const item = await itemOf('c1', 'errors')
    expect(item).toMatchObject({
      error_count: 2,
      last_code: 'second',
      last_severity: 'critical',
      last_component: 'engine',
    })
    expect(JSON.stringify(item)).not.toContain('private text')
    expect(counts).toEqual({ EventsRecorded: 2, ErrorsReported: 2 })
  })

  test('counts an older error without forgetting the newer one', async () => {
    const { send } = chain('events/errors')
    await send({ payload: failure('newer') })
    await send({ payload: failure('older'), receivedAtMs: NOW_MS - 1 })

    expect(await itemOf('c1', 'errors')).toMatchObject({ error_count: 2, last_code: 'newer', received_at_ms: NOW_MS })
  })

  test('takes a code of any length and half a character in it', async () => {
    const { send } = chain('events/errors')

    expect(await send({ payload: failure(`${'x'.repeat(1_000)}\ud800`) })).toEqual({ outcome: 'none' })
    expect(await send({ payload: failure('\ud800'), receivedAtMs: NOW_MS + 1 })).toEqual({ outcome: 'none' })
  })

  test('refuses an unknown severity', async () => {
    const { send } = chain('events/errors')

    expect(codeOf(await send({ payload: { ...failure('x'), severity: 'mild' } }))).toBe('invalid_payload')
  })
})

test('a topic of another function is not taken', async () => {
  const { send } = chain('memory/store')

  expect(codeOf(await send({ payload: online }))).toBe('topic_unknown')
})

test('fails the invocation when DynamoDB does not take the event, so that Lambda repeats it', async () => {
  const client = mockClient(DynamoDBClient)
  client.on(UpdateItemCommand).rejects(Object.assign(new Error('slow down'), { name: 'ThrottlingException' }))
  const { observer, counts } = recordingObserver()
  const states = createStatusTable({ client: new DynamoDBClient({}), tableName: 'any' })
  const send = createChain(createEventRoutes({ states, observer }), { topic: 'events/status', observer })

  await expect(send({ payload: online })).rejects.toThrow('slow down')

  client.restore()
  expect(counts).toEqual({ SystemFaults: 1 })
})

describe.each([
  ['telemetry', 'telemetry'],
  ['status', 'device_status'],
])('org/{organizationId}/device/{deviceId}/%s', (relative, kind) => {
  const topic = `org/acme/device/Instance-1/${relative}`
  const flat = (payload: unknown) => ({ bytes: JSON.stringify(payload), absoluteTopic: topic })

  test('keeps the last flat message of the device', async () => {
    const { send, counts } = chain('')
    const payload = { deviceId: 'Instance-1', timestamp: '2026-05-20T12:00:00', battery: { percent: 80 } }

    expect(await send({ payload: null, ...flat(payload) })).toEqual({ outcome: 'none' })

    const { payload: kept, ...item } = (await itemOf('c1', kind)) ?? {}
    expect(JSON.parse(String(kept))).toEqual(payload)
    expect(item).toMatchObject({ kind, received_at_ms: NOW_MS })
    expect(counts).toEqual({ EventsRecorded: 1 })
  })

  test('takes what looks like an envelope for what it is: a message with these fields', async () => {
    const { send } = chain('')
    const payload = { deviceId: 'Instance-1', message_id: 'x', payload: { a: 1 } }
    await send({ payload: null, ...flat(payload) })
    expect(JSON.parse(String((await itemOf('c1', kind))?.payload))).toEqual(payload)
  })

  test('refuses a message that names no device', async () => {
    const { send } = chain('')
    expect(codeOf(await send({ payload: null, ...flat({ battery: 1 }) }))).toBe('invalid_payload')
  })
})
