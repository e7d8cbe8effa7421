import * as z from 'zod'
import { requestEnvironment } from '../shared/settings.ts'

export const memoryEnvironment = requestEnvironment.extend({
  MEMORY_TABLE: z.string().min(1),
  DEVICE_TABLE: z.string().min(1),
})

/** Key and TTL attributes of the memory table. The key holds no time, so that a repeat finds what it has stored. */
export const MEMORY_TABLE_KEYS = { partitionKey: 'owner', sortKey: 'id', timeToLive: 'expires_at_seconds' } as const

/**
 * The table's local secondary index, projecting all attributes: the memories of an owner by time. It is local because a query must
 * find what was stored the moment before, and only a local index is read consistently.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html
 */
export const MEMORY_TIME_INDEX = { indexName: 'by-time', sortKey: 'created_at' } as const
