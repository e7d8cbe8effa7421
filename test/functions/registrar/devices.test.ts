import { UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SERVER_NAMES_KEY } from '#contract/index.ts'
import { createServerNames } from '../../../functions/authorizer/server-names.ts'
import { createDeviceWriter, type DeviceWriter } from '../../../functions/registrar/devices.ts'
import type { DeviceProperties } from '../../../functions/registrar/event.ts'
import { createDeviceDirectory, type DeviceDirectory } from '../../../functions/shared/index.ts'
import { openDynamoDb, type TestDynamoDb } from '../../fixtures/dynamodb.ts'

const TABLE = 'devices'
const NOW_SECONDS = 1_795_000_000
const DEVICE: DeviceProperties = {
  ClientId: 'one',
  Role: 'agent',
  OrganizationId: 'acme',
  DeviceId: 'Instance-1',
  ThingTypeName: 't',
  Attributes: {},
}
const { OrganizationId: _organization, DeviceId: _device, ...BARE } = DEVICE

describe('createDeviceWriter', () => {
  let dynamoDb: TestDynamoDb
  let devices: DeviceWriter
  let directory: DeviceDirectory
  beforeEach(async () => {
    dynamoDb = openDynamoDb()
    await dynamoDb.createTable(TABLE, 'client_id')
    devices = createDeviceWriter(dynamoDb.client, TABLE, () => NOW_SECONDS * 1_000 + 500)
    directory = createDeviceDirectory({ client: dynamoDb.client, tableName: TABLE })
  })
  afterEach(() => dynamoDb[Symbol.asyncDispose]())

  /** What an operator does at run time. */
  const operate = (status: string, keyVersion: number, notBeforeSeconds: number) =>
    dynamoDb.client.send(
      new UpdateItemCommand({
        TableName: TABLE,
        Key: { client_id: { S: 'one' } },
        UpdateExpression: 'SET #status = :status, key_version = :version, not_before_seconds = :from',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: {
          ':status': { S: status },
          ':version': { N: String(keyVersion) },
          ':from': { N: String(notBeforeSeconds) },
        },
      }),
    )

  test('writes a record that the authorizer reads', async () => {
    await devices.put(DEVICE)
    expect(await directory.find('one')).toEqual({
      client_id: 'one',
      role: 'agent',
      organization_id: 'acme',
      device_id: 'Instance-1',
      status: 'active',
      key_version: 1,
      certificate_ids: [],
      not_before_seconds: 0,
    })
  })

  test('follows the fleet file in role and organization, also where they are taken away', async () => {
    await devices.put(DEVICE)
    await devices.put({ ...BARE, Role: 'observer' })
    const record = await directory.find('one')

    expect(record).toMatchObject({ role: 'observer', status: 'active' })
    expect(record).not.toHaveProperty('organization_id')
    expect(record).not.toHaveProperty('device_id')
  })

  test('keeps what was decided at run time: a revoked device stays revoked', async () => {
    await devices.put(DEVICE)
    await operate('revoked', 3, 1_000)
    await devices.put(DEVICE)

    expect(await directory.find('one')).toMatchObject({ status: 'revoked', key_version: 3, not_before_seconds: 1_000 })
  })

  test('a removed device keeps its record and comes back without the keys, tokens and certificates that it had', async () => {
    await devices.put(DEVICE)
    await operate('active', 3, 1_000)
    await devices.remove('one')
    expect(await directory.find('one')).toMatchObject({ status: 'removed', key_version: 3 })
    await dynamoDb.client.send(
      new UpdateItemCommand({
        TableName: TABLE,
        Key: { client_id: { S: 'one' } },
        UpdateExpression: 'SET certificate_ids = :list',
        ExpressionAttributeValues: { ':list': { L: [{ S: 'a'.repeat(64) }] } },
      }),
    )
    const back = {
      status: 'active',
      key_version: 4,
      not_before_seconds: NOW_SECONDS + 1,
      certificate_ids: [],
    }
    await devices.put(DEVICE)
    expect(await directory.find('one')).toMatchObject(back)
    // CloudFormation may repeat a call
    await devices.put(DEVICE)
    expect(await directory.find('one')).toMatchObject(back)
  })

  test('a revoked device stays revoked through removal and return', async () => {
    await devices.put(DEVICE)
    await operate('revoked', 1, 0)
    await devices.remove('one')
    await devices.put(DEVICE)

    expect(await directory.find('one')).toMatchObject({ status: 'revoked' })
  })

  test('removing a device that was never there makes no record', async () => {
    await devices.remove('none')
    expect(await directory.find('none')).toBeUndefined()
  })

  test('a failed write is told', async () => {
    const other = createDeviceWriter(dynamoDb.client, 'other')
    await expect(other.put(DEVICE)).rejects.toThrow()
    await expect(other.remove('one')).rejects.toThrow()
  })

  test('writes server names that the authorizer reads, and that are no device', async () => {
    await devices.putServerNames({ all: ['A.example.com', 'b.example.com'], withCertificate: ['B.example.com'] })
    const serverNames = createServerNames({ client: dynamoDb.client, tableName: TABLE })

    expect(await serverNames()).toEqual({ all: ['a.example.com', 'b.example.com'], withCertificate: ['b.example.com'] })
    await expect(directory.find(SERVER_NAMES_KEY)).rejects.toThrow()
  })
})
