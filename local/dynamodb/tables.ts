import { isDeepStrictEqual } from 'node:util'
import type { DynamoDbResult, Engine } from './engine.ts'
import { DynamoDbError } from './errors.ts'
import { isRecord } from './table-names.ts'

type Body = Readonly<Record<string, unknown>>

const ACTIVE_ATTEMPTS = 1_000

/** Creates a table from the properties of `AWS::DynamoDB::Table`, or keeps the one there is if its keys are the same. */
export async function ensureTable(
  engine: Engine,
  tableName: string,
  properties: Body,
  stateFolder: string | undefined,
): Promise<{ created: boolean }> {
  const request = createRequest(tableName, properties)
  const existing = await engine.run('DescribeTable', { TableName: tableName })
  if (existing.status === 200) {
    const { Table } = JSON.parse(existing.body) as { Table: Body }
    checkSameKeys(tableName, Table, request, stateFolder)
    return { created: false }
  }
  const result = await engine.run('CreateTable', request)
  if (result.status !== 200) {
    throw new DynamoDbError('TABLE_NOT_CREATED', `table ${tableName}: ${messageOf(result)}`)
  }
  await untilActive(engine, tableName)
  return { created: true }
}

/** dynalite announces nothing, but needs only a turn of the event loop and one write. */
async function untilActive(engine: Engine, tableName: string): Promise<void> {
  for (let attempt = 0; attempt < ACTIVE_ATTEMPTS; attempt += 1) {
    const result = await engine.run('DescribeTable', { TableName: tableName })
    const { Table } = JSON.parse(result.body) as { Table?: { TableStatus?: string } }
    if (Table?.TableStatus === 'ACTIVE') return
    await new Promise((resolve) => setImmediate(resolve))
  }
  throw new DynamoDbError('TABLE_NOT_CREATED', `table ${tableName} did not become ACTIVE`)
}

function createRequest(tableName: string, properties: Body): Body {
  const isOnDemand = properties.BillingMode === 'PAY_PER_REQUEST'
  const indexes = (value: unknown) =>
    Array.isArray(value) && value.length > 0
      ? value.filter(isRecord).map(({ IndexName, KeySchema, Projection, ProvisionedThroughput }) => ({
          IndexName,
          KeySchema,
          Projection,
          ...(isOnDemand || ProvisionedThroughput === undefined ? {} : { ProvisionedThroughput }),
        }))
      : undefined
  const entries = Object.entries({
    TableName: tableName,
    AttributeDefinitions: properties.AttributeDefinitions,
    KeySchema: properties.KeySchema,
    BillingMode: properties.BillingMode,
    ProvisionedThroughput: isOnDemand ? undefined : properties.ProvisionedThroughput,
    GlobalSecondaryIndexes: indexes(properties.GlobalSecondaryIndexes),
    LocalSecondaryIndexes: indexes(properties.LocalSecondaryIndexes),
  })
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

function checkSameKeys(tableName: string, existing: Body, wanted: Body, stateFolder: string | undefined): void {
  const got = keysOf(existing)
  const expected = keysOf(wanted)
  if (isDeepStrictEqual(got, expected)) return
  const advice = `start with --ephemeral, or remove the state folder${stateFolder === undefined ? '' : ` ${stateFolder}`}`
  const keys = `the template says ${JSON.stringify(expected)}, the stored table has ${JSON.stringify(got)}`
  throw new DynamoDbError('TABLE_CHANGED', `table ${tableName}: keys or indexes changed: ${keys}; ${advice}`)
}

/** Key attributes with their types, of the table and of each index by its name. */
function keysOf(table: Body): Record<string, string[]> {
  const types = new Map(list(table.AttributeDefinitions).map((one) => [one.AttributeName, one.AttributeType]))
  const keys = (schema: unknown) =>
    list(schema).map(({ AttributeName, KeyType }) => `${AttributeName} ${types.get(AttributeName)} ${KeyType}`)
  const indexes = [...list(table.GlobalSecondaryIndexes), ...list(table.LocalSecondaryIndexes)]
  const named = indexes.map((index) => [String(index.IndexName), keys(index.KeySchema)] as const)
  return { table: keys(table.KeySchema), ...Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1))) }
}

function list(value: unknown): Body[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

function messageOf(result: DynamoDbResult): string {
  const { message, Message } = JSON.parse(result.body) as { message?: string; Message?: string }
  return message ?? Message ?? result.body
}
