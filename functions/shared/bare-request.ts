import { isAnswerTopic, NO_CLIENT_ID, type RuleEvent, type TopicKey } from '#contract/index.ts'
import { isUuid, uuidV5 } from './uuid.ts'

/** Namespace of the ids of messages that carry none. */
const BARE_MESSAGES = '6f1f0f0e-5b1b-5d0c-9f3e-2a7f6e5d4c3b'

/**
 * Whether a message is a request of MQTT 5 alone: a payload without envelope, with a response topic. What names a `message_id` or
 * a `payload` is meant as an envelope and is held against one.
 */
export function isBareRequest(json: unknown, event: RuleEvent): boolean {
  return event.response_topic !== undefined && !isMeantAsEnvelope(json)
}

/** Whether a message is the answer of a device that knows MQTT 5 alone: a payload with the correlation data of what it was asked. */
export function isBareAnswer(json: unknown, event: RuleEvent, key: TopicKey): boolean {
  return event.correlation_data !== undefined && isAnswerTopic(key) && !isMeantAsEnvelope(json)
}

function isMeantAsEnvelope(json: unknown): boolean {
  const isObject = json !== null && typeof json === 'object' && !Array.isArray(json)
  return isObject && ('message_id' in json || 'payload' in json)
}

/**
 * The envelope that a bare message would have had. Correlation data says only which answer belongs to which request, and many clients
 * count from one: it makes a repeat known only where it is a UUID, as text or in 16 bytes. Else each published message is a request of
 * its own, by the broker's trace id, which Lambda's duplicates share. An answer's is what the cloud gave it.
 */
export function envelopeOfBare(json: unknown, event: RuleEvent): Record<string, unknown> {
  const data = event.correlation_data
  const given = event.response_topic === undefined && data !== undefined ? Buffer.from(data, 'base64').toString() : null
  return envelopeOf(json, event, { correlation_id: uuidIn(data) ?? given })
}

/** The envelope that a flat message would have had: it is correlated by its `messageId`, and says itself whether it tells of an error. */
export function envelopeOfPetal(json: unknown, event: RuleEvent): Record<string, unknown> {
  const { messageId, status }: { messageId?: unknown; status?: unknown } = { ...Object(json) }
  return envelopeOf(json, event, {
    correlation_id: typeof messageId === 'string' && messageId !== '' ? messageId : null,
    status: status === 'error' ? 'error' : 'ok',
  })
}

function envelopeOf(json: unknown, event: RuleEvent, metadata: Record<string, unknown>): Record<string, unknown> {
  const { broker_trace_id: traceId, client_id: clientId, received_at_ms: receivedAtMs } = event
  const facts = [clientId, event.topic, String(receivedAtMs), event.correlation_data ?? '', event.payload]
  return {
    message_id: traceId !== undefined && isUuid(traceId) ? traceId : uuidV5(BARE_MESSAGES, traceId ?? facts.join('\n')),
    timestamp: new Date(receivedAtMs).toISOString(),
    topic: event.topic,
    payload: json,
    metadata: { client_id: clientId === NO_CLIENT_ID ? null : clientId, reply_to: null, ...metadata },
  }
}

function uuidIn(base64: string | undefined): string | null {
  if (base64 === undefined) return null
  const bytes = Buffer.from(base64, 'base64')
  const hex = bytes.toString('hex')
  const text =
    bytes.length === 16
      ? [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
      : bytes.toString('latin1')
  return isUuid(text) ? text.toLowerCase() : null
}
