import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SERVER_NAMES_KEY } from '#contract/index.ts'
import { createServerNames } from '../../../functions/authorizer/server-names.ts'
import { openDynamoDb, type TestDynamoDb } from '../../fixtures/dynamodb.ts'

const TABLE = 'devices'

describe('createServerNames', () => {
  let dynamoDb: TestDynamoDb
  let nowMs = 0
  beforeEach(async () => {
    nowMs = 0
    dynamoDb = openDynamoDb()
    await dynamoDb.createTable(TABLE, 'client_id')
  })
  afterEach(() => dynamoDb[Symbol.asyncDispose]())

  const put = (names: unknown) =>
    dynamoDb.client.send(
      new PutItemCommand({ TableName: TABLE, Item: marshall({ client_id: SERVER_NAMES_KEY, server_names: names }) }),
    )
  const create = () =>
    createServerNames({ client: dynamoDb.client, tableName: TABLE, keptMs: 1_000, nowMs: () => nowMs })
  const reads = () => dynamoDb.engine.counts()[TABLE]?.GetItem ?? 0

  test('reads them once in their time', async () => {
    await put(['a.example.com'])
    const serverNames = create()

    expect((await serverNames()).all).toEqual(['a.example.com'])
    nowMs = 999
    await serverNames()
    expect(reads()).toBe(1)
    await put(['b.example.com'])
    nowMs = 1_000
    expect((await serverNames()).all).toEqual(['b.example.com'])
  })

  test.each([undefined, 'a.example.com'])('lets nobody in without a list: %j', async (names) => {
    if (names) await put(names)
    await expect(create()()).rejects.toMatchObject({ code: 'authorizer_unavailable' })
  })

  test('goes on with what it read before when a read fails', async () => {
    await put(['a.example.com'])
    const serverNames = create()
    await serverNames()
    await put('broken')
    nowMs = 2_000

    expect((await serverNames()).all).toEqual(['a.example.com'])
  })
})
