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
 * How far back a query looks in one layer: the newest 500 memories, or as many as one page of DynamoDB holds (1 MB, which is 500
 * memories of 2 KB). One call a layer, and what is ranked stays small enough for the function.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
 */
export const QUERY_WINDOW_MEMORIES = 500

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
  /** The memories within the window of {@link QUERY_WINDOW_MEMORIES}, newest first, without those whose time has run out. */
  newest(owner: string): Promise<Memory[]>
}

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
      const { Items = [] } = await client
        .send(
          new QueryCommand({
            TableName: tableName,
            IndexName: MEMORY_TIME_INDEX.indexName,
            KeyConditionExpression: '#owner = :owner',
            ExpressionAttributeNames: { '#owner': MEMORY_TABLE_KEYS.partitionKey },
            ExpressionAttributeValues: { ':owner': { S: owner } },
            ScanIndexForward: false,
            ConsistentRead: true,
            Limit: QUERY_WINDOW_MEMORIES,
          }),
        )
        .catch((cause: unknown) => {
          throw bridgeError('store_unavailable', { operation: 'query memories' }, { cause })
        })
      return Items.map(fromItem).filter(({ expires_at_seconds: end }) => end === undefined || end > nowSeconds())
    },
  }
}

function fromItem(item: Record<string, AttributeValue>): Memory {
  return memorySchema.parse(unmarshall(item))
}
