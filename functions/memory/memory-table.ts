import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import * as z from 'zod'
import { bridgeError, MEMORY_LAYERS, type MemoryLayer } from '#contract/index.ts'
import { MEMORY_TABLE_KEYS, MEMORY_TIME_INDEX } from './env.ts'

const DAY_SECONDS = 24 * 60 * 60
/** How long a layer keeps a memory; the others keep it for good. */
export const KEPT_SECONDS: Readonly<Partial<Record<MemoryLayer, number>>> = {
  working: DAY_SECONDS,
  short_term: 7 * DAY_SECONDS,
}

/**
 * How far back a query looks in one layer: the newest 500 memories, or what two pages of DynamoDB hold (1 MB each, which is 500
 * memories of 4 KB). https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
 */
export const QUERY_WINDOW = { memories: 500, pages: 2 } as const

const memorySchema = z.object({
  id: z.string(),
  layer: z.enum(MEMORY_LAYERS),
  content: z.string(),
  tags: z.array(z.string()),
  /** RFC 3339, UTC. */
  created_at: z.string(),
  expires_at_seconds: z.number().optional(),
})

/** A memory as it is kept. */
export type Memory = z.output<typeof memorySchema>

/** Keeps memories by owner. All throw store_unavailable when DynamoDB does not answer. */
export interface MemoryStore {
  /** One conditional write. Under an id that is taken nothing is written; the memory that stands there is returned. */
  put(owner: string, memory: Omit<Memory, 'expires_at_seconds'>): Promise<Memory>
  /** The memories within {@link QUERY_WINDOW}, newest first, without those whose time has run out. */
  newest(owner: string): Promise<Memory[]>
}

const NAMES = { '#owner': MEMORY_TABLE_KEYS.partitionKey }

/** The store on one DynamoDB table. */
export function createMemoryTable(options: {
  client: DynamoDBClient
  tableName: string
  nowMs?: () => number
}): MemoryStore {
  const { client, tableName } = options
  const nowSeconds = () => Math.floor((options.nowMs ?? Date.now)() / 1000)

  return {
    async put(owner, memory) {
      const keptSeconds = KEPT_SECONDS[memory.layer]
      const item: Memory = {
        ...memory,
        ...(keptSeconds !== undefined && { expires_at_seconds: nowSeconds() + keptSeconds }),
      }
      try {
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: marshall({ ...item, [MEMORY_TABLE_KEYS.partitionKey]: owner }),
            ConditionExpression: 'attribute_not_exists(id) OR expires_at_seconds <= :now',
            ExpressionAttributeValues: { ':now': { N: String(nowSeconds()) } },
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        )
        return item
      } catch (cause) {
        if (cause instanceof ConditionalCheckFailedException && cause.Item) return fromItem(cause.Item)
        throw bridgeError('store_unavailable', { operation: 'store memory' }, { cause })
      }
    },

    async newest(owner) {
      const items: Record<string, AttributeValue>[] = []
      let startKey: Record<string, AttributeValue> | undefined
      for (let page = 0; page < QUERY_WINDOW.pages && items.length < QUERY_WINDOW.memories; page += 1) {
        const result = await client
          .send(
            new QueryCommand({
              TableName: tableName,
              IndexName: MEMORY_TIME_INDEX.indexName,
              KeyConditionExpression: '#owner = :owner',
              ExpressionAttributeNames: NAMES,
              ExpressionAttributeValues: { ':owner': { S: owner } },
              ScanIndexForward: false,
              ConsistentRead: true,
              Limit: QUERY_WINDOW.memories - items.length,
              ...(startKey && { ExclusiveStartKey: startKey }),
            }),
          )
          .catch((cause: unknown) => {
            throw bridgeError('store_unavailable', { operation: 'query memories' }, { cause })
          })
        items.push(...(result.Items ?? []))
        startKey = result.LastEvaluatedKey
        if (!startKey) break
      }
      return items.map(fromItem).filter(({ expires_at_seconds: end }) => end === undefined || end > nowSeconds())
    },
  }
}

function fromItem(item: Record<string, AttributeValue>): Memory {
  return memorySchema.parse(unmarshall(item))
}
