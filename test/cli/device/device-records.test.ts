import { UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DeviceRecord } from '#contract/index.ts'
import { createDeviceRecords, type DeviceRecords } from '../../../cli/device/device-records.ts'
import { openDynamoDb, type TestDynamoDb } from '../../fixtures/dynamodb.ts'

const TABLE = 'devices'
const RECORD: DeviceRecord = {
  client_id: 'one',
  role: 'agent',
  organization_id: 'acme',
  status: 'active',
  key_version: 1,
  not_before_seconds: 0,
  certificate_ids: [],
}
const [A, B] = ['a'.repeat(64), 'b'.repeat(64)]

describe('replacing a record', () => {
  let dynamoDb: TestDynamoDb
  let records: DeviceRecords
  beforeEach(async () => {
    dynamoDb = openDynamoDb()
    await dynamoDb.createTable(TABLE, 'client_id')
    records = createDeviceRecords(dynamoDb.client, TABLE)
    await records.create(RECORD)
  })
  afterEach(() => dynamoDb[Symbol.asyncDispose]())

  /** What a deployment does at the same time. */
  const deploy = () =>
    dynamoDb.client.send(
      new UpdateItemCommand({
        TableName: TABLE,
        Key: { client_id: { S: 'one' } },
        UpdateExpression: 'SET #role = :role, organization_id = :organization REMOVE certificate_ids',
        ExpressionAttributeNames: { '#role': 'role' },
        ExpressionAttributeValues: { ':role': { S: 'observer' }, ':organization': { S: 'other' } },
      }),
    )

  test('writes what has changed, and nothing that a deployment has changed meanwhile', async () => {
    await deploy()
    await records.replace(RECORD, { ...RECORD, status: 'revoked', key_version: 2 })

    expect(await records.find('one')).toEqual({
      ...RECORD,
      role: 'observer',
      organization_id: 'other',
      status: 'revoked',
      key_version: 2,
    })
  })

  test('takes away what is gone', async () => {
    const { organization_id: _, ...after } = RECORD
    await records.replace(RECORD, after)

    expect(await records.find('one')).toEqual(after)
  })

  test('by the same writes nothing', async () => {
    await records.replace({ ...RECORD, key_version: 7 }, { ...RECORD, key_version: 7 })

    expect(await records.find('one')).toEqual(RECORD)
  })

  test.each<[string, Partial<DeviceRecord>, Partial<DeviceRecord>]>([
    ['status', { status: 'revoked' }, { key_version: 2 }],
    ['key version', { key_version: 2 }, { status: 'revoked' }],
    ['certificates', { certificate_ids: [A] }, { certificate_ids: [B] }],
  ])('is refused when the %s is not what it was', async (_, theirs, ours) => {
    await records.replace(RECORD, { ...RECORD, ...theirs })

    await expect(records.replace(RECORD, { ...RECORD, ...ours })).rejects.toMatchObject({ code: 'device_changed' })
    expect(await records.find('one')).toEqual({ ...RECORD, ...theirs })
  })

  test('adds a certificate to a record without a list, and to one with a list', async () => {
    await deploy()
    const first = { ...RECORD, certificate_ids: [A] }
    await records.replace(RECORD, first)
    await records.replace(first, { ...first, certificate_ids: [A, B] })

    expect(await records.find('one')).toMatchObject({ certificate_ids: [A, B] })
  })
})
