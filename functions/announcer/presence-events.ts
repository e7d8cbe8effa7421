import { type BridgeEvent, presenceRecordSchema } from '#contract/index.ts'
import type { StreamRecord } from './stream-event.ts'

/** What a change of a presence record is to others: a change of what is announced. */
export function presenceEvents({ eventID, dynamodb }: StreamRecord): BridgeEvent[] {
  const before = presenceRecordSchema.safeParse(dynamodb.OldImage).data
  const after = presenceRecordSchema.safeParse(dynamodb.NewImage).data
  // who was never announced is not announced as gone
  if (!after || after.announced === (before?.announced ?? 'disconnected')) return []
  const { client_id, at_ms, session_id, disconnect_reason } = after
  const detail = {
    event_id: eventID,
    at: new Date(at_ms).toISOString(),
    client_id,
    session_id: session_id ?? null,
  }
  return after.announced === 'connected'
    ? [{ type: 'Device Connected', detail }]
    : [{ type: 'Device Disconnected', detail: { ...detail, reason: disconnect_reason ?? null } }]
}
