import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createDynamoDb } from '#local/dynamodb/index.ts'
import { createEventSources, type EventSourceMapping } from '#local/event-sources/index.ts'
import type { InvokeResult, JsonValue } from '#local/lambda/index.ts'
import { createSqsService } from '#local/sqs/index.ts'
import { createFakeClock } from '../state/fake-clock.ts'

const DEAD_ARN = 'arn:aws:sqs:eu-west-1:123456789012:dead'
const TABLE = {
  TableName: 'things',
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  BillingMode: 'PAY_PER_REQUEST',
  TimeToLiveSpecification: { AttributeName: 'ends', Enabled: true },
  StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
}
type Record_ = {
  eventName: string
  userIdentity?: unknown
  dynamodb: { SequenceNumber: string; Keys: unknown; NewImage?: unknown; OldImage?: unknown }
}

/** A table with a stream, and a function that reads it and answers as the test says. */
async function setUp(
  given: {
    stream?: Partial<NonNullable<EventSourceMapping['stream']>>
    batchSize?: number
    db?: DatabaseSync
    isStarted?: boolean
  } = {},
) {
  const clock = createFakeClock()
  const db = given.db ?? new DatabaseSync(':memory:')
  const dynamoDb = createDynamoDb({ region: 'eu-west-1', accountId: '123456789012', clock, db })
  const { streamArn = '' } = await dynamoDb.createTable(TABLE, 'unused')
  const sqs = createSqsService({ db, clock })
  sqs.createQueue({ name: 'dead', arn: DEAD_ARN })
  const batches: Record_[][] = []
  let answer: (records: Record_[]) => Partial<InvokeResult> = () => ({})
  const sources = createEventSources({
    db,
    sqs,
    clock,
    streams: dynamoDb.streams,
    region: 'eu-west-1',
    log: () => {},
    lambda: {
      async invoke(_, payload) {
        const { Records } = payload as unknown as { Records: Record_[] }
        batches.push(Records)
        return { statusCode: 200, payload: null, requestId: 'r', ...answer(Records) }
      },
    },
  })
  sources.add({
    id: 'mapping',
    eventSourceArn: streamArn,
    functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:reader',
    batchSize: given.batchSize ?? 100,
    reportsItemFailures: true,
    maximumConcurrency: 1,
    stream: {
      startingPosition: 'TRIM_HORIZON',
      maximumRetryAttempts: undefined,
      maximumRecordAgeSeconds: undefined,
      bisectsOnError: false,
      onFailureArn: DEAD_ARN,
      ...given.stream,
    },
  })
  if (given.isStarted !== false) sources.start()
  let isClosed = false
  const close = async () => {
    if (isClosed) return
    isClosed = true
    await sources.close()
    sqs.close()
    await dynamoDb.close()
  }
  onTestFinished(close)
  const put = (id: string, more: object = {}) =>
    dynamoDb.handle('PutItem', { TableName: 'things', Item: { id: { S: id }, ...more } })
  return {
    ...{ clock, db, dynamoDb, sources, sqs, batches, put, close, streamArn },
    ids: () =>
      batches.map((records) => records.map(({ dynamodb }) => (dynamodb.Keys as { id: { S: string } }).id.S).join('')),
    answer(next: typeof answer) {
      answer = next
    },
  }
}

const failing = (record: Record_ | undefined): { payload: JsonValue } => ({
  payload: { batchItemFailures: [{ itemIdentifier: record?.dynamodb.SequenceNumber ?? '' }] },
})

test('each change arrives once, in order, with the item before and after', async () => {
  const { put, dynamoDb, sources, batches, streamArn } = await setUp()
  const Key = { id: { S: 'a' } }
  await put('a', { n: { N: '1' } })
  await dynamoDb.handle('UpdateItem', {
    TableName: 'things',
    Key,
    UpdateExpression: 'SET n = :n',
    ExpressionAttributeValues: { ':n': { N: '2' } },
  })
  await dynamoDb.handle('DeleteItem', { TableName: 'things', Key })
  await sources.idle()

  expect(batches.flat()).toMatchObject([
    { eventName: 'INSERT', eventSourceARN: streamArn, dynamodb: { Keys: Key, NewImage: { ...Key, n: { N: '1' } } } },
    { eventName: 'MODIFY', dynamodb: { OldImage: { ...Key, n: { N: '1' } }, NewImage: { ...Key, n: { N: '2' } } } },
    { eventName: 'REMOVE', dynamodb: { OldImage: { ...Key, n: { N: '2' } } } },
  ])
  expect(batches.flat()[0]?.dynamodb).not.toHaveProperty('OldImage')
})

test('what changes nothing is no change: the same again, a failed condition, what is not there', async () => {
  const { put, dynamoDb, sources, batches } = await setUp()
  await put('a')
  await put('a')
  const Key = { id: { S: 'b' } }
  await dynamoDb.handle('DeleteItem', { TableName: 'things', Key })
  const condition = { ConditionExpression: 'attribute_not_exists(id)' }
  await dynamoDb.handle('PutItem', { TableName: 'things', Item: { id: { S: 'a' }, n: { N: '1' } }, ...condition })
  await sources.idle()

  expect(batches.flat()).toHaveLength(1)
})

test('the writes of a batch and the end of an item by its time are changes too', async () => {
  const { dynamoDb, clock, sources, batches } = await setUp()
  const ends = { N: String(Math.floor(clock.nowMs() / 1000) - 1) }
  await dynamoDb.handle('BatchWriteItem', {
    RequestItems: { things: ['a', 'b'].map((id) => ({ PutRequest: { Item: { id: { S: id }, ends } } })) },
  })
  await dynamoDb.sweepExpired()
  await sources.idle()

  const events = batches.flat()
  expect(events.map(({ eventName }) => eventName)).toEqual(['INSERT', 'INSERT', 'REMOVE', 'REMOVE'])
  const service = { type: 'Service', principalId: 'dynamodb.amazonaws.com' }
  expect(events.map(({ userIdentity }) => userIdentity)).toEqual([undefined, undefined, service, service])
})

describe('what the function fails on', () => {
  test('makes its function older than its stream by the age of the first record that it has not handled', async () => {
    const { put, answer, sources, clock } = await setUp()
    const functionArn = 'arn:aws:lambda:eu-west-1:123456789012:function:reader'
    expect(sources.iteratorAges()).toEqual([{ functionArn, ageMs: 0 }])
    answer(([first]) => failing(first))
    await put('a')
    await sources.idle()
    clock.advance(400)
    await put('b')

    expect(sources.iteratorAges()).toEqual([{ functionArn, ageMs: 400 }])
  })

  test('holds up what comes after it, and goes on after a pause', async () => {
    const { put, sources, answer, ids, clock } = await setUp({ batchSize: 1 })
    answer(() => ({ functionError: 'Unhandled', payload: {} }))
    await put('a')
    await put('b')
    await sources.idle()
    expect(ids()).toEqual(['a'])
    answer(() => ({}))
    clock.advance(1_000)
    await expect.poll(() => ids()).toEqual(['a', 'a', 'b'])
  })

  test('is tried again from the first item it names', async () => {
    const { put, sources, answer, ids, clock } = await setUp()
    let isFailing = true
    answer((records) => (isFailing ? failing(records.at(-1)) : {}))
    await put('a')
    await sources.idle()
    isFailing = false
    clock.advance(1_000)
    await expect.poll(() => ids()).toEqual(['a', 'a'])
  })

  test('is given up after its attempts, told to the queue, and does not hold up the rest', async () => {
    const { put, sources, answer, sqs, ids, clock, streamArn } = await setUp({ stream: { maximumRetryAttempts: 1 } })
    answer(() => ({ functionError: 'Unhandled', payload: {} }))
    await put('a')
    await sources.idle()
    clock.advance(1_000)
    await expect.poll(() => ids()).toEqual(['a', 'a'])
    answer(() => ({}))
    await put('b')
    await sources.idle()

    expect(ids().at(-1)).toBe('b')
    const [dead] = await sqs.receive(DEAD_ARN)
    expect(JSON.parse(dead?.body ?? '')).toMatchObject({
      requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 2 },
      DDBStreamBatchInfo: { batchSize: 1, streamArn },
    })
  })

  test('is found by halves', async () => {
    const { put, sources, answer, ids, sqs } = await setUp({
      stream: { bisectsOnError: true, maximumRetryAttempts: 1 },
      isStarted: false,
    })
    answer((records) => (JSON.stringify(records).includes('"c"') ? { functionError: 'Unhandled', payload: {} } : {}))
    for (const id of 'abcd') await put(id)
    sources.start()
    await sources.idle()

    expect(ids()).toEqual(['abcd', 'ab', 'cd', 'c'])
    expect(sqs.counts(DEAD_ARN).visible).toBe(0)
  })
})

test('a change is read where it was left after a restart, and none twice', async () => {
  const first = await setUp()
  await first.put('a')
  await first.sources.idle()
  await first.close()

  const second = await setUp({ db: first.db })
  await second.put('b')
  await second.sources.idle()
  expect(second.ids()).toEqual(['b'])
})

test('what a killed process had begun to write is made up for', async () => {
  const first = await setUp()
  const key = { id: { S: 'a' } }
  first.dynamoDb.streams.begin('things', { key, before: undefined, isExpiry: false })
  first.dynamoDb.streams.begin('things', { key: { id: { S: 'never' } }, before: undefined, isExpiry: false })
  // as after a restart: the table is created again, and the item may be there or not
  await first.dynamoDb.handle('PutItem', { TableName: 'things', Item: key })
  await first.dynamoDb.createTable(TABLE, 'unused')
  await first.sources.idle()

  expect(first.batches.flat().map(({ dynamodb }) => dynamodb.Keys)).toEqual([key, key])
  expect(first.dynamoDb.streams.openChanges('things')).toEqual([])
})

test('a table without a stream records nothing', async () => {
  const { dynamoDb, put, sources, batches } = await setUp()
  const { StreamSpecification: _, ...plain } = TABLE
  await dynamoDb.createTable(plain, 'unused')
  await put('a')
  await sources.idle()

  expect(batches).toEqual([])
  expect(dynamoDb.streams.lastSequence('things')).toBe(0)
})
