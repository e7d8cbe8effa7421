import type { DynamoDbResult, Engine } from './engine.ts'
import { validationFailure } from './errors.ts'
import { type KeySchemas, keyOf } from './key-schemas.ts'
import { isRecord } from './table-names.ts'
import type { Writes } from './writes.ts'

type Body = Readonly<Record<string, unknown>>

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html
const OLDEST_EXPIRY_SECONDS = 5 * 365 * 24 * 60 * 60
const SCAN_PAGE_ITEMS = 500

export interface TimeToLive {
  update(body: Body): Promise<DynamoDbResult>
  describe(body: Body): Promise<DynamoDbResult>
  /** Sets what a template says: an attribute, or undefined for none. */
  set(tableName: string, attributeName: string | undefined): void
  /** Deletes every item that has run out; resolves to their number. */
  sweepExpired(): Promise<number>
}

/** Time to live of tables. The setting is kept in memory: a template gives it again at each start. */
export function createTimeToLive(options: {
  engine: Engine
  writes: Writes
  schemas: KeySchemas
  nowMs(): number
}): TimeToLive {
  const { engine, writes, schemas } = options
  const attributes = new Map<string, string>()

  async function sweepTable(tableName: string, attributeName: string): Promise<number> {
    const keyAttributes = await schemas.attributesOf(tableName)
    if (keyAttributes === undefined) return 0
    const nowSeconds = Math.floor(options.nowMs() / 1000)
    const expired = {
      TableName: tableName,
      ExpressionAttributeNames: { '#expires': attributeName },
      ExpressionAttributeValues: {
        ':now': { N: String(nowSeconds) },
        ':oldest': { N: String(nowSeconds - OLDEST_EXPIRY_SECONDS) },
      },
    }
    // Comparing with a number leaves out items whose attribute is missing or of another type.
    const condition = '#expires < :now AND #expires > :oldest'
    let deleted = 0
    let startKey: unknown
    do {
      const page = await engine.run('Scan', {
        ...expired,
        FilterExpression: condition,
        Limit: SCAN_PAGE_ITEMS,
        ...(startKey === undefined ? {} : { ExclusiveStartKey: startKey }),
      })
      if (page.status !== 200) return deleted
      const { Items, LastEvaluatedKey } = JSON.parse(page.body) as { Items: Body[]; LastEvaluatedKey?: unknown }
      for (const item of Items) {
        const Key = keyOf(item, keyAttributes)
        // Asked again, since the item may have been given a longer life since the scan.
        const result = await writes.one('DeleteItem', { ...expired, Key, ConditionExpression: condition })
        if (result.status === 200) deleted += 1
      }
      startKey = LastEvaluatedKey
    } while (startKey !== undefined)
    return deleted
  }

  return {
    async update(body) {
      const specification = body.TimeToLiveSpecification
      const { AttributeName, Enabled } = isRecord(specification) ? specification : {}
      if (typeof AttributeName !== 'string' || AttributeName === '' || typeof Enabled !== 'boolean') {
        return validationFailure('TimeToLiveSpecification: expected an AttributeName and a boolean Enabled')
      }
      const table = await engine.run('DescribeTable', { TableName: body.TableName })
      if (table.status !== 200) return table
      const tableName = String(body.TableName)
      if (attributes.has(tableName) === Enabled) {
        return validationFailure(`TimeToLive is already ${Enabled ? 'enabled' : 'disabled'}`)
      }
      if (Enabled) attributes.set(tableName, AttributeName)
      else attributes.delete(tableName)
      return { status: 200, body: JSON.stringify({ TimeToLiveSpecification: { AttributeName, Enabled } }) }
    },

    async describe(body) {
      const table = await engine.run('DescribeTable', { TableName: body.TableName })
      if (table.status !== 200) return table
      const AttributeName = attributes.get(String(body.TableName))
      const description =
        AttributeName === undefined ? { TimeToLiveStatus: 'DISABLED' } : { TimeToLiveStatus: 'ENABLED', AttributeName }
      return { status: 200, body: JSON.stringify({ TimeToLiveDescription: description }) }
    },

    set(tableName, attributeName) {
      if (attributeName === undefined) attributes.delete(tableName)
      else attributes.set(tableName, attributeName)
    },

    async sweepExpired() {
      let deleted = 0
      for (const [tableName, attributeName] of attributes) deleted += await sweepTable(tableName, attributeName)
      return deleted
    },
  }
}
