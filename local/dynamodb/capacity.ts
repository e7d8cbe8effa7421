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
 * Counts the capacity units that calls consume, which the engine works out; the caller sees them if it asked for them. A condition that
 * fails costs a write of the item that is there, which is known where the caller asked for it, else one unit.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
export function meterCapacity(handle: Handle, count: Count): Handle {
  return async (operation, body) => {
    const item = READS.has(operation) ? 'dynamodb.readUnits' : 'dynamodb.writeUnits'
    if (item === 'dynamodb.writeUnits' && !WRITES.has(operation)) return handle(operation, body)
    const { ReturnConsumedCapacity: asked = 'NONE' } = body
    if (asked !== 'NONE' && asked !== 'TOTAL' && asked !== 'INDEXES') return handle(operation, body)
    const result = await handle(operation, { ...body, ReturnConsumedCapacity: asked === 'NONE' ? 'TOTAL' : asked })
    if (isFailure(result, 'ConditionalCheckFailedException')) {
      count(item, String(body.TableName), stepsOf('dynamoDbWrite', itemBytes(itemIn(result.body))))
    }
    if (result.status !== 200) return result
    const { ConsumedCapacity, ...rest } = JSON.parse(result.body) as Body
    for (const one of [ConsumedCapacity].flat()) {
      if (isRecord(one)) count(item, String(one.TableName), Number(one.CapacityUnits))
    }
    return asked === 'NONE' ? { status: 200, body: JSON.stringify(rest) } : result
  }
}

function itemIn(body: string): Body {
  const { Item } = JSON.parse(body) as Body
  return isRecord(Item) ? Item : {}
}
