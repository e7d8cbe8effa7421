import { describe, expect, onTestFinished, test } from 'vitest'
import { createDynamoDb } from '#local/dynamodb/index.ts'
import { itemBytes } from '#local/dynamodb/item-size.ts'
import { createMeter } from '#local/meter/index.ts'

const TableName = 'Things'
const id = (text: string) => ({ id: { S: text } })
const text = (bytes: number) => ({ S: 'x'.repeat(bytes) })

async function open() {
  const meter = createMeter()
  const dynamoDb = createDynamoDb({ count: meter.count })
  onTestFinished(() => dynamoDb.close())
  const properties = {
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [
      { AttributeName: 'id', AttributeType: 'S' },
      { AttributeName: 'owner', AttributeType: 'S' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'ByOwner',
        KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
    BillingMode: 'PAY_PER_REQUEST',
    TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
  }
  await dynamoDb.createTable({ TableName, ...properties }, TableName)
  const units = () => {
    const { 'dynamodb.writeUnits': writes, 'dynamodb.readUnits': reads } = meter.read()
    return { writes: writes[TableName] ?? 0, reads: reads[TableName] ?? 0 }
  }
  return { dynamoDb, units }
}

describe('capacity units', () => {
  test('a write takes one for each KB, of the larger item where it replaces one', async () => {
    const { dynamoDb, units } = await open()
    await dynamoDb.handle('PutItem', { TableName, Item: { ...id('1'), body: text(2_000) } })
    expect(units()).toEqual({ writes: 2, reads: 0 })

    await dynamoDb.handle('PutItem', { TableName, Item: id('1') })
    expect(units()).toEqual({ writes: 4, reads: 0 })
  })

  test('a put is written to the index that takes it as well', async () => {
    const { dynamoDb, units } = await open()
    await dynamoDb.handle('PutItem', { TableName, Item: { ...id('1'), owner: text(1), body: text(2_000) } })
    expect(units()).toEqual({ writes: 4, reads: 0 })
  })

  test('a read takes one for each 4 KB, half of it where it need not be the newest', async () => {
    const { dynamoDb, units } = await open()
    await dynamoDb.handle('GetItem', { TableName, Key: id('1'), ConsistentRead: true })
    await dynamoDb.handle('GetItem', { TableName, Key: id('1') })
    await dynamoDb.handle('Query', {
      TableName,
      KeyConditionExpression: 'id = :id',
      ExpressionAttributeValues: { ':id': { S: '1' } },
      ConsistentRead: true,
    })
    expect(units().reads).toBe(2.5)
  })

  test('a condition that fails takes the write of the item that is there', async () => {
    const { dynamoDb, units } = await open()
    const Item = { ...id('1'), body: text(3_000) }
    await dynamoDb.handle('PutItem', { TableName, Item })
    const { status, body } = await dynamoDb.handle('PutItem', {
      TableName,
      Item: id('1'),
      ConditionExpression: 'attribute_not_exists(id)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    })

    expect([status, JSON.parse(body).Item]).toEqual([400, Item])
    expect(units()).toEqual({ writes: 6, reads: 0 })
  })

  test('what has expired is deleted for nothing', async () => {
    const { dynamoDb, units } = await open()
    await dynamoDb.handle('PutItem', { TableName, Item: { ...id('1'), expires: { N: '1800000000' } } })
    const { writes } = units()
    await dynamoDb.sweepExpired()
    expect(units().writes).toBe(writes)
  })

  test('are told to who asks for them, and to nobody else', async () => {
    const { dynamoDb } = await open()
    const call = { TableName, Item: id('1') }
    expect(JSON.parse((await dynamoDb.handle('PutItem', call)).body)).toEqual({})
    const { body } = await dynamoDb.handle('PutItem', { ...call, ReturnConsumedCapacity: 'TOTAL' })
    expect(JSON.parse(body)).toEqual({ ConsumedCapacity: { CapacityUnits: 1, TableName } })
  })
})

test('the size of an item is that of names and values, as the guide works it out', () => {
  expect(itemBytes({ id: { S: 'äb' } })).toBe(2 + 3)
  expect(itemBytes({ n: { N: '-12345' } })).toBe(1 + 4)
  expect(itemBytes({ b: { B: 'AAAA' }, t: { BOOL: true } })).toBe(1 + 3 + 1 + 1)
  expect(itemBytes({ l: { L: [{ S: 'ab' }, { NULL: true }] } })).toBe(1 + 3 + 3 + 2)
  expect(itemBytes({ m: { M: { k: { S: 'v' } } }, s: { SS: ['a', 'b'] } })).toBe(1 + 3 + 3 + 1 + 2)
})
