import { describe, expect, test } from 'vitest'
import type { DynamoDbResult, Engine } from '#local/dynamodb/engine.ts'
import { createKeyLocks } from '#local/dynamodb/key-locks.ts'
import { createWrites } from '#local/dynamodb/writes.ts'

const schemas = { attributesOf: async () => ['id'], forget() {} }
const failed = { status: 400, body: '{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}' }
const item = (id: string) => ({ id: { S: id } })

/** An engine that fails every update and answers reads only when told to, so that other writes get their chance. */
function slowReads() {
  const seen: string[] = []
  const readAsked = Promise.withResolvers<void>()
  const read = Promise.withResolvers<DynamoDbResult>()
  const engine: Engine = {
    async run(operation) {
      seen.push(operation)
      if (operation === 'GetItem') {
        readAsked.resolve()
        return read.promise
      }
      return operation === 'UpdateItem' ? failed : { status: 200, body: '{}' }
    },
    async close() {},
  }
  return { seen, writes: createWrites(engine, createKeyLocks(), schemas), readAsked: readAsked.promise, read }
}

describe('writes', () => {
  test('hold back every other write to the key until the old item is read, but not to other keys', async () => {
    const { seen, writes, readAsked, read } = slowReads()
    const update = writes.one('UpdateItem', {
      TableName: 'T',
      Key: item('a'),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    })
    const remove = writes.one('DeleteItem', { TableName: 'T', Key: item('a') })
    const batch = writes.batch({
      RequestItems: { T: [{ PutRequest: { Item: item('a') } }, { DeleteRequest: { Key: item('c') } }] },
    })
    await readAsked
    await writes.one('PutItem', { TableName: 'T', Item: item('b') })

    expect(seen).toEqual(['UpdateItem', 'GetItem', 'PutItem'])

    read.resolve({ status: 200, body: JSON.stringify({ Item: item('a') }) })
    expect(JSON.parse((await update).body)).toMatchObject({ Item: item('a') })
    await Promise.all([remove, batch])
    expect(seen.slice(3)).toEqual(['DeleteItem', 'BatchWriteItem'])
  })

  test('hold back a key whose number is written differently', async () => {
    const { seen, writes, readAsked, read } = slowReads()
    const onFailure = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }
    const update = writes.one('UpdateItem', { TableName: 'T', Key: { id: { N: '1' } }, ...onFailure })
    const remove = writes.one('DeleteItem', { TableName: 'T', Key: { id: { N: '1.0' } } })
    await readAsked
    await writes.one('PutItem', { TableName: 'Other', Item: { id: { N: '1' } } })

    expect(seen).toEqual(['UpdateItem', 'GetItem', 'PutItem'])
    read.resolve({ status: 200, body: '{}' })
    await Promise.all([update, remove])
  })
})
