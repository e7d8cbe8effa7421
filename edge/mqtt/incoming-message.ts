import { isProgress } from '#contract/index.ts'
import type { Message } from '#device/index.ts'

/** A message as programs get it. */
export interface IncomingMessage {
  readonly topic: string
  /** Always an object, see {@link payloadObject}. */
  readonly payload: Readonly<Record<string, unknown>>
  /** When it came here, RFC 3339. */
  readonly timestamp: string
  readonly receivedAtMs: number
  readonly qos: 0 | 1
  readonly retain: boolean
  /** The broker says that it may have come before. */
  readonly dup: boolean
  /** Of the envelope, or the `messageId` of a flat message. */
  readonly messageId: string | undefined
  /** Of the envelope. */
  readonly metadata: Readonly<Record<string, unknown>> | undefined
  /** Of the envelope, or the MQTT 5 correlation data. */
  readonly correlationId: string | undefined
  /** It answers a request, and says that the request failed. */
  readonly isError: boolean
  /** It says of a request that its answer still takes. */
  readonly isProgress: boolean
}

/** Takes what a handler of the device client got: texts for topics without envelopes, payloads for the others. */
export function incomingMessage(delivered: unknown, message: Message, nowMs: number): IncomingMessage {
  const isEnveloped = message.key !== undefined
  const payload = payloadObject(isEnveloped ? delivered : parsed(String(delivered)))
  const { topic, qos, retain, dup, metadata, correlationId } = message
  const own = payload.messageId
  const messageId = isEnveloped ? message.messageId : typeof own === 'string' && own !== '' ? own : undefined
  return {
    topic,
    payload,
    timestamp: new Date(nowMs).toISOString(),
    receivedAtMs: nowMs,
    qos,
    retain,
    dup,
    messageId,
    metadata: isEnveloped ? metadata : undefined,
    correlationId,
    isError: [metadata.status, message.userProperties.status, ...(isEnveloped ? [] : [payload.status])].includes(
      'error',
    ),
    isProgress: isProgress(payload),
  }
}

/** The body of a callback, and the data of a stream. What nobody needs is left out. */
export function messageBody(message: IncomingMessage): string {
  const { topic, payload, timestamp, qos, retain, messageId, metadata } = message
  return JSON.stringify({ topic, payload, timestamp, qos, ...(retain && { retain }), messageId, metadata })
}

class Unparsed {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Programs expect an object: another JSON value comes as `{"value": …}`, a text that is no JSON as `{"text": "…"}`. */
function payloadObject(value: unknown): Record<string, unknown> {
  if (value instanceof Unparsed) return { text: value.text }
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as Record<string, unknown>) : { value }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return new Unparsed(text)
  }
}
