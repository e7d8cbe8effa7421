import { type Count, stepsOf } from '../meter/index.ts'
import type { DynamoDbResult } from './engine.ts'
import { isFailure } from './errors.ts'
import { itemBytes } from './item-size.ts'
import { isRecord } from './table-names.ts'

type Body = Readonly<Record<string, unknown>>
type Handle = (operation: string, body: Body) => Promise<DynamoDbResult>

const READS = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan'])
const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem'])

/**
 * Counts the capacity units that calls consume, which the engine works out; the caller sees them if it asked for them. Not known to the
 * engine: a condition that fails costs a write of the item that is there (known where the caller asked for it, else one unit), what finds
 * nothing costs a read, and a put is written to each index that takes the item (as a whole: other changes of an index are not counted).
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
export function meterCapacity(
  handle: Handle,
  count: Count,
  indexesOf: (tableName: string) => readonly (readonly string[])[],
): Handle {
  function countConsumed(operation: string, body: Body, consumed: unknown): void {
    const isRead = READS.has(operation)
    const leastUnits = isRead ? (body.ConsistentRead === true ? 1 : 0.5) : 0
    for (const one of [consumed].flat().filter(isRecord)) {
      const units = Math.max(leastUnits, Number(one.CapacityUnits))
      count(isRead ? 'dynamodb.readUnits' : 'dynamodb.writeUnits', String(one.TableName), units)
    }
    const { TableName, Item } = body
    if (operation !== 'PutItem' || !isRecord(Item)) return
    const taking = indexesOf(String(TableName)).filter((keys) => keys.every((key) => key in Item))
    const units = taking.length * stepsOf('dynamoDbWrite', itemBytes(Item))
    if (units > 0) count('dynamodb.writeUnits', String(TableName), units)
  }

  return async (operation, body) => {
    if (!READS.has(operation) && !WRITES.has(operation)) return handle(operation, body)
    const { ReturnConsumedCapacity: asked = 'NONE' } = body
    if (asked !== 'NONE' && asked !== 'TOTAL' && asked !== 'INDEXES') return handle(operation, body)
    const result = await handle(operation, { ...body, ReturnConsumedCapacity: asked === 'NONE' ? 'TOTAL' : asked })
    if (isFailure(result, 'ConditionalCheckFailedException')) {
      count('dynamodb.writeUnits', String(body.TableName), stepsOf('dynamoDbWrite', itemBytes(itemIn(result.body))))
    }
    if (result.status !== 200) return result
    const { ConsumedCapacity, ...rest } = JSON.parse(result.body) as Body
    countConsumed(operation, body, ConsumedCapacity)
    return asked === 'NONE' ? { status: 200, body: JSON.stringify(rest) } : result
  }
}

/** Names of the key attributes of each index that properties of `AWS::DynamoDB::Table` describe. */
export function indexKeys({ GlobalSecondaryIndexes, LocalSecondaryIndexes }: Body): string[][] {
  const indexes = [GlobalSecondaryIndexes, LocalSecondaryIndexes].flat().filter(isRecord)
  return indexes.map(({ KeySchema }) =>
    [KeySchema]
      .flat()
      .filter(isRecord)
      .map(({ AttributeName }) => String(AttributeName)),
  )
}

function itemIn(body: string): Body {
  const { Item } = JSON.parse(body) as Body
  return isRecord(Item) ? Item : {}
}
