import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bridgeError, type DeviceRecord } from '#contract/index.ts'
import {
  activeDevice,
  cachedDirectory,
  createDeviceDirectory,
  type DeviceDirectory,
} from '../../../functions/shared/index.ts'
import { openDynamoDb, type TestDynamoDb } from '../../fixtures/dynamodb.ts'

const RECORD: DeviceRecord = {
  client_id: 'me',
  role: 'agent',
  status: 'active',
  key_version: 1,
  not_before_seconds: 0,
  certificate_ids: [],
}

describe('createDeviceDirectory', () => {
  let dynamoDb: TestDynamoDb
  beforeAll(async () => {
    dynamoDb = openDynamoDb()
    await dynamoDb.createTable('devices', 'client_id')
  })
  afterAll(() => dynamoDb[Symbol.asyncDispose]())
  const put = (item: Record<string, unknown>) =>
    dynamoDb.client.send(new PutItemCommand({ TableName: 'devices', Item: marshall(item) }))
  const directory = (tableName = 'devices') => createDeviceDirectory({ client: dynamoDb.client, tableName })

  test('finds a record with one read, and nothing for an unknown client', async () => {
    await put({ ...RECORD, further: true })
    const reads = () => dynamoDb.engine.counts().devices?.GetItem ?? 0
    const before = reads()

    expect(await directory().find('me')).toEqual(RECORD)
    expect(reads() - before).toBe(1)
    expect(await directory().find('you')).toBeUndefined()
  })

  test('does not take a record that is not whole', async () => {
    await put({ client_id: 'broken', role: 'agent' })
    await expect(directory().find('broken')).rejects.toThrow()
  })

  test('a table out of reach is store_unavailable', async () => {
    await expect(directory('other').find('me')).rejects.toMatchObject({ code: 'store_unavailable' })
  })
})

describe('cachedDirectory', () => {
  function counted(found: DeviceRecord | undefined = RECORD) {
    const asked: string[] = []
    const directory: DeviceDirectory = {
      async find(clientId) {
        asked.push(clientId)
        return found && { ...found, client_id: clientId }
      },
    }
    return { asked, directory }
  }

  test('reads a record again only after its time', async () => {
    let now = 0
    const { asked, directory } = counted()
    const cached = cachedDirectory(directory, { keptMs: 1_000, nowMs: () => now })

    await cached.find('me')
    now = 999
    await cached.find('me')
    expect(asked).toEqual(['me'])
    now = 1_000
    await cached.find('me')
    expect(asked).toEqual(['me', 'me'])
  })

  test('keeps no unknown client', async () => {
    const asked: string[] = []
    const cached = cachedDirectory({
      async find(clientId) {
        asked.push(clientId)
        return undefined
      },
    })
    await cached.find('you')
    await cached.find('you')
    expect(asked).toHaveLength(2)
  })

  test('holds no more than its bound, the oldest going first', async () => {
    const { asked, directory } = counted()
    const cached = cachedDirectory(directory, { maxRecords: 2, nowMs: () => 0 })
    for (const clientId of ['a', 'b', 'c', 'c', 'b', 'a']) await cached.find(clientId)

    expect(asked).toEqual(['a', 'b', 'c', 'a'])
  })

  test('keeps no failure', async () => {
    let fails = true
    const cached = cachedDirectory({
      async find() {
        if (fails) throw bridgeError('store_unavailable', { operation: 'device record' })
        return RECORD
      },
    })
    await expect(cached.find('me')).rejects.toMatchObject({ code: 'store_unavailable' })
    fails = false
    expect(await cached.find('me')).toEqual(RECORD)
  })
})

describe('activeDevice', () => {
  test.each([undefined, { ...RECORD, status: 'revoked' as const }, { ...RECORD, status: 'removed' as const }])(
    'refuses %j',
    async (record) => {
      await expect(activeDevice({ find: async () => record }, 'me')).rejects.toMatchObject({
        code: 'device_unregistered',
      })
    },
  )

  test('gives an active one', async () => {
    expect(await activeDevice({ find: async () => RECORD }, 'me')).toBe(RECORD)
  })
})
