import { createEnvelope, type Metadata } from '#contract/index.ts'
import type { MessageProperties } from '../outbox/outgoing-message.ts'

/** What ties a message to another. */
export interface Correlation {
  correlationId: string
  /** Where a reply shall go. */
  replyTo?: string | undefined
  /** The message is a reply: to this one, and how it went. */
  inReplyTo?: string | undefined
  status?: 'ok' | 'error' | undefined
}

export interface OutgoingContent {
  topic: string
  payload: unknown
  messageId: string
  clientId: string
  metadata?: Partial<Metadata> | undefined
  correlation?: Correlation | undefined
  /** 32 hexadecimal digits. */
  traceId?: string | undefined
  nowMs: number
}

/** The text of a message in an envelope. */
export function encodeEnvelope(content: OutgoingContent): string {
  const { topic, payload, messageId, clientId, metadata, correlation, traceId, nowMs } = content
  const source = { messageId, nowMs, traceId }
  // most messages say nothing more of themselves, and their number counts
  if (!metadata && !correlation)
    return JSON.stringify(createEnvelope({ topic, payload, metadata: { client_id: clientId } }, source))
  const all = { client_id: clientId, ...metadata, ...(correlation && correlationMetadata(correlation)) }
  return JSON.stringify(createEnvelope({ topic, payload, metadata: all }, source))
}

function correlationMetadata({ correlationId, replyTo, inReplyTo, status }: Correlation) {
  const asked = { correlation_id: correlationId, reply_to: replyTo ?? null }
  return status === undefined ? asked : { ...asked, in_reply_to: inReplyTo ?? null, status }
}

/** A flat message: what correlates it stands beside its fields, and no field of the payload overrides it. */
export function encodePetal({ payload, messageId, correlation }: OutgoingContent): string {
  const id = correlation?.correlationId
  const fields = { messageId, ...(payload as object) }
  return JSON.stringify(id === undefined ? fields : { ...fields, messageId: id })
}

/** MQTT 5 properties that correlate a message; also beside an envelope, for peers that know nothing of it. */
export function correlationProperties({ correlationId, replyTo, status }: Correlation): MessageProperties {
  return {
    correlationData: correlationId,
    ...(replyTo !== undefined && { responseTopic: replyTo }),
    ...(status !== undefined && { userProperties: { status } }),
  }
}
