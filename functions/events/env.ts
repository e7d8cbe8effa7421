import * as z from 'zod'
import { topicEnvironment } from '../shared/settings.ts'

export const eventsEnvironment = topicEnvironment.extend({
  STATUS_TABLE: z.string().min(1),
})

/** Key and TTL attributes of the status table: one item for each client and kind of event. */
export const STATUS_TABLE_KEYS = {
  partitionKey: 'client_id',
  sortKey: 'kind',
  timeToLive: 'expires_at_seconds',
} as const
