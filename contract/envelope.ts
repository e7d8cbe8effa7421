import * as z from 'zod'
import { type Json, json } from './json.ts'
import { TRACEPARENT, traceparentOf } from './trace-context.ts'

/** The largest MQTT payload of IoT Core. https://docs.aws.amazon.com/general/latest/gr/iot-core.html */
export const MAX_PAYLOAD_BYTES = 128 * 1024
/** A correlation id is a UUID in most clients; others are taken as they are and hashed where they become a key. */
export const MAX_CORRELATION_ID_CHARACTERS = 256

const optionalText = z.string().min(1).max(256).nullable().default(null)

/** Who sent a message and where its answer goes. Further keys are kept at the same level. */
export const metadataSchema = z.looseObject({
  client_id: optionalText,
  correlation_id: z.string().min(1).max(MAX_CORRELATION_ID_CHARACTERS).nullable().default(null),
  reply_to: optionalText,
})

/** The envelope without a look at its payload: a payload of the wrong shape can still be answered. */
export const envelopeSchema = z.object({
  message_id: z.uuid(),
  timestamp: z.iso.datetime({ offset: true }),
  topic: z.string(),
  payload: json,
  metadata: metadataSchema.prefault({}),
})

export type Metadata = z.infer<typeof metadataSchema>
export type { Json }
/** One shape for every message: unknown keys of the envelope are ignored, those of `metadata` kept. */
export interface Envelope<Payload = Json> {
  /** UUID, new for each message. */
  message_id: string
  /** RFC 3339, UTC. */
  timestamp: string
  /** The topic it is published to. */
  topic: string
  payload: Payload
  metadata: Metadata
}

/** What is new with each message. */
export interface MessageSource {
  /** UUID. */
  messageId: string
  nowMs: number
  /** 32 hexadecimal digits. */
  traceId?: string | undefined
}

/** What a reply's metadata adds. */
export interface ReplyMetadata extends Metadata {
  /** The `message_id` of the request. */
  in_reply_to: string | null
  status: 'ok' | 'error'
}

/**
 * Writes an envelope: optional fields of the metadata as null, never left out. With `traceId` it says which trace it belongs to, unless the
 * metadata already does.
 */
export function createEnvelope<Payload>(
  message: { topic: string; payload: Payload; metadata?: Partial<Metadata> },
  source: MessageSource,
): Envelope<Payload> {
  const { messageId, nowMs, traceId } = source
  return {
    message_id: messageId,
    timestamp: new Date(nowMs).toISOString(),
    topic: message.topic,
    payload: message.payload,
    metadata: {
      client_id: null,
      correlation_id: null,
      reply_to: null,
      ...(traceId !== undefined && { [TRACEPARENT]: traceparentOf(traceId, messageId) }),
      ...message.metadata,
    },
  }
}

/** A place can hold keys that the sender chose, so it is cut here: the text goes into replies. */
const MAX_PLACE_CHARACTERS = 128

/**
 * The first problem of a failed parse in one line: `payload.layer: expected …`, without the value itself. The place is cut at
 * 128 characters.
 */
export function describeIssue(error: z.ZodError): string {
  const issue = error.issues[0]
  if (!issue) return 'unknown problem'
  const path = issue.path.map(String).join('.').slice(0, MAX_PLACE_CHARACTERS)
  return path ? `${path}: ${issue.message}` : issue.message
}
