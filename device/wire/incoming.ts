import * as z from 'zod'
import { type BridgeError, bridgeError, describeIssue, envelopeSchema, type Wire } from '#contract/index.ts'

/** An arriving message, taken out of its wire form. The payload is not yet held against the contract. */
export interface IncomingContent {
  payload: unknown
  messageId: string | undefined
  timestamp: string | undefined
  metadata: Readonly<Record<string, unknown>>
  correlationId: string | undefined
  replyTo: string | undefined
  /** It answers a request, and says that the request failed. */
  isError: boolean
}

/** The MQTT 5 properties that matter here. */
export interface IncomingProperties {
  responseTopic?: string | undefined
  correlationData?: Uint8Array | undefined
  userProperties?: Readonly<Record<string, string | string[]>> | undefined
}

const NO_METADATA: Readonly<Record<string, unknown>> = {}
const decoder = new TextDecoder()
/** What was parsed from JSON is JSON: only whether there is a payload must be seen. */
const parsedEnvelopeSchema = envelopeSchema.extend({
  payload: z.custom<unknown>((value) => value !== undefined, 'is missing'),
})

/** `wire` is undefined where any form may arrive: what has a `message_id` is an envelope. Throws malformed_json, invalid_envelope. */
export function decodeIncoming(wire: Wire | undefined, text: string, properties: IncomingProperties): IncomingContent {
  if (wire === 'text') return decodeBare(text, properties)
  const json = parse(text)
  if (wire === 'petal') return decodePetal(json, properties)
  if (wire === 'bare') return decodeBare(json, properties)
  const isEnvelope = wire === 'envelope' || (typeof json === 'object' && json !== null && 'message_id' in json)
  return isEnvelope ? decodeEnvelope(json, properties) : decodeBare(json, properties)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw bridgeError('malformed_json', { problem: `${text.length} characters that are no JSON` })
  }
}

function decodeEnvelope(json: unknown, properties: IncomingProperties): IncomingContent {
  const parsed = parsedEnvelopeSchema.safeParse(json)
  if (!parsed.success) throw invalidEnvelope(describeIssue(parsed.error))
  const { message_id: messageId, timestamp, payload, metadata } = parsed.data
  return {
    payload,
    messageId,
    timestamp,
    metadata,
    correlationId: metadata.correlation_id ?? correlationOf(properties),
    replyTo: metadata.reply_to ?? properties.responseTopic,
    isError: metadata.status === 'error',
  }
}

function decodeBare(payload: unknown, properties: IncomingProperties): IncomingContent {
  return {
    payload,
    messageId: undefined,
    timestamp: undefined,
    metadata: NO_METADATA,
    correlationId: correlationOf(properties),
    replyTo: properties.responseTopic,
    isError: properties.userProperties?.status === 'error',
  }
}

function decodePetal(payload: unknown, properties: IncomingProperties): IncomingContent {
  const fields: Readonly<Record<string, unknown>> =
    typeof payload === 'object' && payload !== null ? { ...payload } : {}
  const id = fields.messageId
  const messageId = typeof id === 'string' && id !== '' ? id : undefined
  return {
    payload,
    messageId,
    timestamp: undefined,
    metadata: NO_METADATA,
    correlationId: messageId ?? correlationOf(properties),
    replyTo: properties.responseTopic,
    isError: fields.status === 'error',
  }
}

function correlationOf({ correlationData }: IncomingProperties): string | undefined {
  return correlationData === undefined ? undefined : decoder.decode(correlationData)
}

function invalidEnvelope(problem: string): BridgeError {
  return bridgeError('invalid_envelope', { problem })
}
