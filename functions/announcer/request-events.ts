import * as z from 'zod'
import type { BridgeEvent } from '#contract/index.ts'
import { isExpiry, type PlainItem, type StreamRecord } from './stream-event.ts'

/** What is read of a correlation; what a workflow or a request to a device adds is nobody's business here. */
const correlationSchema = z.object({
  request_key: z.string(),
  state: z.enum(['pending', 'running', 'completed', 'failed']),
  fence: z.number().default(0),
  created_at_ms: z.number(),
  updated_at_ms: z.number(),
  expires_at_seconds: z.number(),
  topic_key: z.string().optional(),
  reply: z.string().optional(),
})
type Correlation = z.infer<typeof correlationSchema>

const storedReplySchema = z
  .array(z.object({ envelope: z.object({ payload: z.object({ code: z.string().min(1) }) }) }))
  .min(1)

/** What a change of a correlation is to others: every step from one state to another, once. */
export function requestEvents(record: StreamRecord): BridgeEvent[] {
  const before = read(record.dynamodb.OldImage)
  const after = read(record.dynamodb.NewImage)
  if (!after) return before && isExpiry(record) ? expired(record, before, '') : []
  // DynamoDB deletes days late: until then the next request under the key finds the old one
  const isNext =
    before !== undefined && before.expires_at_seconds * 1_000 <= after.updated_at_ms && after.state === 'pending'
  const ended = before && isNext ? expired(record, before, '-before') : []
  const from = isNext ? undefined : before?.state
  return [...ended, ...steps(record, from, after)]
}

function steps(record: StreamRecord, from: Correlation['state'] | undefined, after: Correlation): BridgeEvent[] {
  if (from === after.state) return []
  const received: BridgeEvent = { type: 'Request Received', detail: facts(record, after, '-received') }
  // one that is first heard of when it has ended was received as well
  const isNew = from === undefined || (from === 'failed' && after.state === 'pending')
  const begin = isNew ? [received] : []
  const duration_ms = Math.max(0, after.updated_at_ms - after.created_at_ms)
  if (after.state === 'completed') {
    return [...begin, { type: 'Request Completed', detail: { ...facts(record, after, ''), duration_ms } }]
  }
  if (after.state === 'failed') {
    const code = codeOf(after.reply)
    return [...begin, { type: 'Request Failed', detail: { ...facts(record, after, ''), code, duration_ms } }]
  }
  return begin
}

function expired(record: StreamRecord, before: Correlation, suffix: string): BridgeEvent[] {
  if (before.state !== 'pending' && before.state !== 'running') return []
  const at = new Date(before.expires_at_seconds * 1_000).toISOString()
  return [{ type: 'Request Expired', detail: { ...facts(record, before, suffix), at, state: before.state } }]
}

function facts({ eventID }: StreamRecord, correlation: Correlation, suffix: string) {
  const { request_key, fence, topic_key, updated_at_ms } = correlation
  const border = request_key.indexOf('#')
  return {
    event_id: `${eventID}${suffix}`,
    at: new Date(updated_at_ms).toISOString(),
    client_id: request_key.slice(0, border),
    request_id: request_key.slice(border + 1),
    topic_key: topic_key ?? null,
    attempt: fence,
  }
}

/** The code of a stored error reply, and nothing else of it. */
function codeOf(reply: string | undefined): string {
  try {
    return storedReplySchema.safeParse(JSON.parse(reply ?? 'null')).data?.[0]?.envelope.payload.code ?? 'unknown'
  } catch {
    return 'unknown'
  }
}

function read(item: PlainItem | undefined): Correlation | undefined {
  const correlation = correlationSchema.safeParse(item).data
  return correlation?.request_key.includes('#') ? correlation : undefined
}
