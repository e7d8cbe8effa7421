import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  ProvisionedThroughputExceededException,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { TABLE_KEYS } from '#contract/index.ts'
import { createDynamoDbStore } from '#correlation/index.ts'
import { type CorrelationStoreSuite, testCorrelationStore } from '../conformance/correlation-store.ts'
import { testWorkflowRequests } from '../conformance/workflow-requests.ts'
import { openDynamoDb, type TestDynamoDb } from '../fixtures/dynamodb.ts'

const TABLE = 'correlations'
const REQUEST = { key: 'client#1', requestHash: 'hash', owner: 'first', leaseMs: 12_000 }
const CLAIM = { key: 'client#1', owner: 'first', fence: 1, generation: 0 }
const EXECUTION = { key: 'client#1', requestHash: 'hash', execution: 'run-0', generation: 0 }

async function openTable(): Promise<TestDynamoDb> {
  const dynamoDb = openDynamoDb()
  await dynamoDb.createTable(TABLE, TABLE_KEYS.correlations.partitionKey)
  return dynamoDb
}

const suite: CorrelationStoreSuite = {
  name: 'DynamoDB',
  async create(options) {
    const dynamoDb = await openTable()
    const store = createDynamoDbStore({ client: dynamoDb.client, tableName: TABLE, ...options })
    return { store, [Symbol.asyncDispose]: () => dynamoDb[Symbol.asyncDispose]() }
  },
}
testCorrelationStore(suite)
testWorkflowRequests(suite)

describe('on DynamoDB', () => {
  let dynamoDb: TestDynamoDb
  beforeAll(async () => {
    dynamoDb = await openTable()
  })
  afterAll(() => dynamoDb[Symbol.asyncDispose]())

  const store = () =>
    createDynamoDbStore({ client: dynamoDb.client, tableName: TABLE, keptSeconds: 60, nowMs: () => 1_000_000 })

  test('a normal request costs two writes and nothing else', async () => {
    await using counted = await openTable()
    const before = counted.engine.counts()
    const own = createDynamoDbStore({ client: counted.client, tableName: TABLE, keptSeconds: 60 })

    const result = await own.claim(REQUEST)
    if (result.state === 'claimed') await own.complete(result.claim, 'completed', '{}')

    expect(before[TABLE]).toBeUndefined()
    expect(counted.engine.counts()).toEqual({ [TABLE]: { UpdateItem: 2 } })
  })

  test('a repeat costs one write that fails', async () => {
    await using counted = await openTable()
    const own = createDynamoDbStore({ client: counted.client, tableName: TABLE, keptSeconds: 60 })
    await own.claim(REQUEST)

    expect(await own.claim({ ...REQUEST, owner: 'second' })).toEqual({ state: 'inFlight' })
    expect(counted.engine.counts()).toEqual({ [TABLE]: { UpdateItem: 2 } })
  })

  test('a reply whose confirmation got lost is still the reply', async () => {
    const result = await store().claim({ ...REQUEST, key: 'client#lost-complete' })
    if (result.state !== 'claimed') throw new Error(result.state)
    dynamoDb.loseNextAnswer()

    expect(await store().complete(result.claim, 'completed', '{"a":1}')).toBe(true)
    expect(await store().claim({ ...REQUEST, key: 'client#lost-complete' })).toEqual({
      state: 'replay',
      reply: '{"a":1}',
    })
  })

  test('a record names the topic, whether it was claimed or given up before anyone took it', async () => {
    const topicKey = 'memory/query'
    await store().claim({ ...REQUEST, key: 'client#claimed', topicKey })
    await store().abandon({ key: 'client#abandoned', requestHash: 'hash', owner: 'first', topicKey }, '{}')

    for (const key of ['client#claimed', 'client#abandoned']) {
      const Key = { [TABLE_KEYS.correlations.partitionKey]: { S: key } }
      const { Item } = await dynamoDb.client.send(new GetItemCommand({ TableName: TABLE, Key }))
      expect(Item?.topic_key).toEqual({ S: topicKey })
    }
  })

  test('a claim whose confirmation got lost is held with the fence that counts', async () => {
    dynamoDb.loseNextAnswer()
    const result = await store().claim({ ...REQUEST, key: 'client#lost-claim' })

    expect(result).toEqual({
      state: 'claimed',
      claim: { key: 'client#lost-claim', owner: 'first', fence: 2, generation: 0 },
    })
    expect(result.state === 'claimed' && (await store().complete(result.claim, 'completed', '{}'))).toBe(true)
  })

  test('an abandonment whose confirmation got lost is told all the same', async () => {
    dynamoDb.loseNextAnswer()
    expect(await store().abandon({ key: 'client#lost-abandon', requestHash: 'hash', owner: 'first' }, '{}')).toBe(true)
  })

  test('an answer of an execution whose confirmation got lost is still the answer', async () => {
    const key = 'client#lost-finish'
    const result = await store().claim({ ...REQUEST, key })
    if (result.state !== 'claimed') throw new Error(result.state)
    dynamoDb.loseNextAnswer()
    expect(await store().handOver(result.claim, 'run-0', 60)).toBe(true)
    dynamoDb.loseNextAnswer()
    expect(await store().finish({ ...EXECUTION, key }, 'completed', '{"a":1}')).toBe('{"a":1}')
    expect(await store().claim({ ...REQUEST, key })).toEqual({ state: 'replay', reply: '{"a":1}' })
  })

  test('a table that does not exist makes the store unavailable', async () => {
    const missing = createDynamoDbStore({ client: dynamoDb.client, tableName: 'other', keptSeconds: 60 })
    await expect(missing.claim(REQUEST)).rejects.toMatchObject({ code: 'store_unavailable' })
  })
})

describe('errors of DynamoDB', () => {
  const client = new DynamoDBClient({ region: 'us-east-1' })
  const mock = mockClient(client)
  const store = createDynamoDbStore({ client, tableName: TABLE, keptSeconds: 60 })
  beforeEach(() => {
    mock.reset()
  })
  afterAll(() => mock.restore())

  const metadata = { message: 'The conditional request failed', $metadata: {} }
  const calls: [string, () => Promise<unknown>][] = [
    ['claim', () => store.claim(REQUEST)],
    ['complete', () => store.complete(CLAIM, 'completed', '{}')],
    ['abandon', () => store.abandon(REQUEST, '{}')],
    ['hand over', () => store.handOver(CLAIM, 'run-0', 60)],
    ['finish', () => store.finish(EXECUTION, 'completed', '{}')],
  ]

  test.each(calls)('%s tells of throttling as store_unavailable with its cause', async (operation, call) => {
    const cause = new ProvisionedThroughputExceededException({ message: 'slow down', $metadata: {} })
    mock.on(UpdateItemCommand).rejects(cause)

    await expect(call()).rejects.toMatchObject({ code: 'store_unavailable', details: { operation }, cause })
  })

  test.each(calls)('%s tells of a lost network as store_unavailable', async (operation, call) => {
    mock.on(UpdateItemCommand).rejects(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }))

    await expect(call()).rejects.toMatchObject({ code: 'store_unavailable', details: { operation } })
  })

  test('claim does not guess when a failed condition comes without the old item', async () => {
    mock.on(UpdateItemCommand).rejects(new ConditionalCheckFailedException(metadata))

    await expect(store.claim(REQUEST)).rejects.toMatchObject({ code: 'store_unavailable' })
  })

  test('nothing is claimed of a failed condition that comes without the old item', async () => {
    mock.on(UpdateItemCommand).rejects(new ConditionalCheckFailedException(metadata))

    expect(await store.complete(CLAIM, 'completed', '{}')).toBe(false)
    expect(await store.abandon(REQUEST, '{}')).toBe(false)
    expect(await store.handOver(CLAIM, 'run-0', 60)).toBe(false)
    expect(await store.finish(EXECUTION, 'completed', '{}')).toBeUndefined()
  })
})
