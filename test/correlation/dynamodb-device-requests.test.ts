import { DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, describe, expect, test } from 'vitest'
import { TABLE_KEYS } from '#contract/index.ts'
import { createDynamoDbDeviceRequests, type NewDeviceRequest, type Settlement } from '#correlation/index.ts'
import { testDeviceRequests } from '../conformance/device-requests.ts'
import { openDynamoDb, type TestDynamoDb } from '../fixtures/dynamodb.ts'

const TABLE = 'correlations'
const REQUEST: NewDeviceRequest = {
  key: '>lamp-1#1',
  requestHash: 'hash',
  clientId: 'lamp-1',
  correlationId: '1',
  topic: 'devices/{clientId}/requests',
  answerTopic: 'answers',
  askedBy: 'test',
  waitMs: 30_000,
  longestWaitMs: 30_000,
}
const ANSWER: Settlement = { state: 'completed', outcome: '{}', answerId: 'm', answerTopic: 'answers', atMs: 1 }

async function openTable(): Promise<TestDynamoDb> {
  const dynamoDb = openDynamoDb()
  await dynamoDb.createTable(TABLE, TABLE_KEYS.correlations.partitionKey)
  return dynamoDb
}

testDeviceRequests({
  name: 'DynamoDB',
  async create(options) {
    const dynamoDb = await openTable()
    const store = createDynamoDbDeviceRequests({ client: dynamoDb.client, tableName: TABLE, ...options })
    return { store, [Symbol.asyncDispose]: () => dynamoDb[Symbol.asyncDispose]() }
  },
})

describe('requests to devices on DynamoDB', () => {
  test('one that is answered costs two writes, three with a completion, and no read', async () => {
    await using dynamoDb = await openTable()
    const store = createDynamoDbDeviceRequests({ client: dynamoDb.client, tableName: TABLE, keptSeconds: 60 })
    await store.open(REQUEST)
    await store.settle(REQUEST.key, ANSWER)
    expect(dynamoDb.engine.counts()).toEqual({ [TABLE]: { UpdateItem: 2 } })
    await store.markResumed(REQUEST.key)
    expect(dynamoDb.engine.counts()).toEqual({ [TABLE]: { UpdateItem: 3 } })
  })

  test('what a lost confirmation makes the SDK write twice has one outcome', async () => {
    await using dynamoDb = await openTable()
    const store = createDynamoDbDeviceRequests({ client: dynamoDb.client, tableName: TABLE, keptSeconds: 60 })
    dynamoDb.loseNextAnswer()
    expect(await store.open(REQUEST)).toMatchObject({ state: 'repeated', record: { state: 'pending' } })
    dynamoDb.loseNextAnswer()
    expect(await store.settle(REQUEST.key, ANSWER)).toMatchObject({ state: 'repeated', record: { state: 'completed' } })
    dynamoDb.loseNextAnswer()
    await store.markResumed(REQUEST.key)
    expect(await store.find(REQUEST.key)).toMatchObject({ attempts: 2, resumed_at_ms: expect.any(Number) })
  })

  const client = new DynamoDBClient({ region: 'us-east-1' })
  const mock = mockClient(client)
  const store = createDynamoDbDeviceRequests({ client, tableName: TABLE, keptSeconds: 60 })
  afterAll(() => mock.restore())

  test.each<[string, () => Promise<unknown>]>([
    ['open', () => store.open(REQUEST)],
    ['find', () => store.find(REQUEST.key)],
    ['settle', () => store.settle(REQUEST.key, ANSWER)],
    ['find', () => store.extend(REQUEST.key, ANSWER)],
    ['expire', () => store.expire(REQUEST.key, '{}')],
    ['mark resumed', () => store.markResumed(REQUEST.key)],
  ])('%s tells of throttling as store_unavailable with its cause', async (operation, call) => {
    const cause = Object.assign(new Error('slow down'), { name: 'ThrottlingException' })
    mock.on(UpdateItemCommand).rejects(cause).on(GetItemCommand).rejects(cause)

    await expect(call()).rejects.toMatchObject({ code: 'store_unavailable', details: { operation }, cause })
  })
})
