import type { DynamoDbResult, Engine } from './engine.ts'
import { isFailure, validationFailure } from './errors.ts'
import type { KeyLocks } from './key-locks.ts'
import { type KeySchemas, keyOf, lockName } from './key-schemas.ts'
import { isRecord } from './table-names.ts'

type Body = Readonly<Record<string, unknown>>

const OLD_ITEM_VALUES = ['NONE', 'ALL_OLD']

export interface Writes {
  /** PutItem, UpdateItem or DeleteItem. */
  one(operation: string, body: Body): Promise<DynamoDbResult>
  /** BatchWriteItem. */
  batch(body: Body): Promise<DynamoDbResult>
}

/**
 * Writes one after the other for each key. With `ReturnValuesOnConditionCheckFailure: ALL_OLD`, which dynalite does not know, a
 * failed condition's error carries the item exactly as the condition saw it: it is read before the key is released.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
 */
export function createWrites(engine: Engine, locks: KeyLocks, schemas: KeySchemas): Writes {
  return {
    async one(operation, { ReturnValuesOnConditionCheckFailure: oldItem = 'NONE', ...body }) {
      if (!OLD_ITEM_VALUES.includes(String(oldItem))) {
        const constraint = `Member must satisfy enum value set: [${OLD_ITEM_VALUES.join(', ')}]`
        const place = "at 'returnValuesOnConditionCheckFailure' failed to satisfy constraint"
        return validationFailure(`1 validation error detected: Value '${String(oldItem)}' ${place}: ${constraint}`)
      }
      const tableName = String(body.TableName)
      const attributes = await schemas.attributesOf(tableName)
      const key = attributes && keyOf(operation === 'PutItem' ? body.Item : body.Key, attributes)
      if (key === undefined) return engine.run(operation, body)
      return locks.run([lockName(tableName, key)], async () => {
        const result = await engine.run(operation, body)
        if (oldItem !== 'ALL_OLD' || !isFailure(result, 'ConditionalCheckFailedException')) return result
        const found = await engine.run('GetItem', { TableName: tableName, Key: key, ConsistentRead: true })
        return withItem(result, found)
      })
    },

    async batch(body) {
      const names: string[] = []
      for (const [tableName, requests] of Object.entries(isRecord(body.RequestItems) ? body.RequestItems : {})) {
        const attributes = await schemas.attributesOf(tableName)
        for (const request of Array.isArray(requests) && attributes !== undefined ? requests : []) {
          const key = attributes && keyOf(writtenItem(request), attributes)
          if (key !== undefined) names.push(lockName(tableName, key))
        }
      }
      return locks.run([...new Set(names)], () => engine.run('BatchWriteItem', body))
    },
  }
}

function writtenItem(request: unknown): unknown {
  if (!isRecord(request)) return undefined
  if (isRecord(request.PutRequest)) return request.PutRequest.Item
  return isRecord(request.DeleteRequest) ? request.DeleteRequest.Key : undefined
}

function withItem(failed: DynamoDbResult, found: DynamoDbResult): DynamoDbResult {
  const { Item } = JSON.parse(found.body) as { Item?: unknown }
  if (Item === undefined) return failed
  return { status: failed.status, body: JSON.stringify({ ...(JSON.parse(failed.body) as object), Item }) }
}
