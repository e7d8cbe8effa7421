import {
  bridgeError,
  describeIssue,
  type Envelope,
  envelopeSchema,
  IDENTIFIER_PATTERN,
  isFlatTopic,
  MAX_CORRELATION_ID_CHARACTERS,
  MAX_PAYLOAD_BYTES,
  type RuleEvent,
  resolveTopic,
  ruleEventSchema,
  TRACEPARENT,
  traceIdOf,
} from '#contract/index.ts'
import { envelopeOfBare, envelopeOfPetal, isBareAnswer, isBareRequest } from './bare-request.ts'
import { isDeeperThan, MAX_ENVELOPE_LEVELS } from './json-depth.ts'
import type { ChainRequest, ChainState } from './request.ts'
import { followEvent, followTrace } from './trace.ts'

/**
 * First step: from the rule's event to an envelope. Throws payload_too_large, malformed_json, invalid_envelope, sender_unverified;
 * an event that no rule of ours makes throws uncoded and fails the invocation.
 */
export function decode({ settings: { root } }: { settings: { root: string } }): {
  before: (request: ChainRequest) => void
} {
  return {
    before: function decodeBefore(request) {
      const event = ruleEventSchema.parse(request.event)
      const state: ChainState = { event, messageId: null, correlationId: null, isBare: false, notifications: [] }
      request.internal.chain = state
      followEvent(event)
      if (!hasPrivateTopic(event)) throw bridgeError('sender_unverified')
      state.envelope = decodeEnvelope(event, root, (facts) => Object.assign(state, facts))
    },
  }
}

/** False over HTTPS, where no client id is known (`n/a`), and for ids that the authorizer never lets in. */
export function hasPrivateTopic(event: RuleEvent): boolean {
  return IDENTIFIER_PATTERN.test(event.client_id)
}

/** What an error can be answered with, as far as the message gives it. */
export interface ReadableFacts {
  messageId: string | null
  correlationId: string | null
  /** Sent without envelope, so answered without. */
  isBare: boolean
}

/**
 * Reads the envelope of an event, or makes the one that a flat message or a bare one of MQTT 5 stands for; `found` gets the facts even when the
 * envelope is refused.
 */
export function decodeEnvelope(event: RuleEvent, root: string, found: (facts: ReadableFacts) => void): Envelope {
  const bytes = Buffer.from(event.payload, 'base64')
  if (bytes.length > MAX_PAYLOAD_BYTES) {
    throw bridgeError('payload_too_large', { limitBytes: MAX_PAYLOAD_BYTES, actualBytes: bytes.length })
  }
  const sent = parseJson(bytes)
  const key = resolveTopic(root, event.topic)?.key
  const isFlat = isFlatTopic(event.topic)
  const isBare = isFlat || isBareRequest(sent, event) || (key !== undefined && isBareAnswer(sent, event, key))
  const bare = isBare ? envelopeOfBare(sent, event) : sent
  const json = isFlat ? envelopeOfPetal(sent, event) : bare
  found({ ...readableIds(json), isBare })
  if (isDeeperThan(json, MAX_ENVELOPE_LEVELS)) {
    throw bridgeError('invalid_envelope', { problem: `nested deeper than ${MAX_ENVELOPE_LEVELS} levels` })
  }
  const parsed = envelopeSchema.safeParse(json)
  if (!parsed.success) throw bridgeError('invalid_envelope', { problem: describeIssue(parsed.error) })
  // a client of MQTT 3.1.1 has no user properties
  if (event.traceparent === undefined) followTrace(traceIdOf(parsed.data.metadata[TRACEPARENT]))
  return parsed.data
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    // the parser's own message quotes the payload, which must not reach a log
    const problem =
      error instanceof SyntaxError ? `${bytes.length} bytes that are not JSON` : 'bytes that are not UTF-8'
    throw bridgeError('malformed_json', { problem })
  }
}

function readableIds(json: unknown): Omit<ReadableFacts, 'isBare'> {
  const envelope = asObject(json)
  const text = (value: unknown) =>
    typeof value === 'string' && value.length > 0 && value.length <= MAX_CORRELATION_ID_CHARACTERS ? value : null
  return { messageId: text(envelope.message_id), correlationId: text(asObject(envelope.metadata).correlation_id) }
}

function asObject(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {}
}
