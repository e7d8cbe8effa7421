import {
  type BridgeError,
  bridgeError,
  createReply,
  type ErrorNotification,
  errorNotificationOf,
  isBridgeError,
  type OutboundMessage,
  privateReplyTopic,
  REQUEST_LIMITS,
  resolveTopic,
  topicDefinition,
} from '#contract/index.ts'
import { type CorrelationStore, requestHash, requestKey } from '#correlation/index.ts'
import { decodeEnvelope, hasPrivateTopic, type ReadableIds } from '../shared/decode.ts'
import { withCorrelationData } from '../shared/request.ts'
import type { FailureRecord } from './record.ts'

/**
 * What the sender of a request that died is told: an error on its private topic, and only if nobody else has answered or is about to.
 * Returns undefined when there is nobody to tell.
 */
export async function failureReply(
  record: FailureRecord,
  dependencies: { root: string; correlation: CorrelationStore; newId: () => string; nowMs: () => number },
): Promise<OutboundMessage | undefined> {
  const event = record.requestPayload
  if (!hasPrivateTopic(event)) return undefined
  const ids: ReadableIds = { messageId: null, correlationId: null }
  const envelope = readable(() => decodeEnvelope(event, (found) => Object.assign(ids, found)))
  const topic = privateReplyTopic(dependencies.root, event.client_id)
  const reply = createReply(
    { clientId: event.client_id, ...ids },
    { topic, payload: notification(record, dependencies.nowMs()), status: 'error' },
    { messageId: dependencies.newId(), nowMs: dependencies.nowMs() },
  )
  const key = resolveTopic(dependencies.root, event.topic)?.key
  if (envelope && key && topicDefinition(key).reply) {
    const { message_id: messageId, metadata } = envelope
    const told = await dependencies.correlation.abandon(
      {
        key: requestKey({ clientId: event.client_id, correlationId: metadata.correlation_id, messageId }),
        requestHash: requestHash(event.topic, envelope.payload),
        owner: record.requestContext.requestId,
      },
      JSON.stringify(reply),
    )
    if (!told) return undefined
  }
  return withCorrelationData({ topic, qos: 1, envelope: reply }, event)
}

/** Lambda's names of how an invocation ended, and the chain's own for a timeout it saw coming, as codes of ours. */
const CODE_OF_ERROR_TYPE = new Map<string | undefined, FailureCode>([
  ['Sandbox.Timedout', 'handler_timed_out'],
  ['TimeoutError', 'handler_timed_out'],
  ['Runtime.OutOfMemory', 'handler_out_of_memory'],
])

type FailureCode = 'handler_failed' | 'handler_timed_out' | 'handler_out_of_memory'

/** Why nothing came of an invocation. Never the error's own text: it may hold what the sender must not see. */
export function failureError(record: FailureRecord, nowMs: number): BridgeError {
  if (record.requestContext.condition === 'EventAgeExceeded') {
    const ageMs = nowMs - record.requestPayload.received_at_ms
    return bridgeError('deadline_exceeded', { ageMs, limitMs: REQUEST_LIMITS.deadlineMs })
  }
  const { errorType, errorMessage } = record.responsePayload ?? {}
  // Lambda has named a timeout only in the message for most of its life
  if (errorMessage?.includes('Task timed out after')) return bridgeError('handler_timed_out')
  return bridgeError(CODE_OF_ERROR_TYPE.get(errorType) ?? 'handler_failed')
}

function notification(record: FailureRecord, nowMs: number): ErrorNotification {
  const component = record.requestContext.functionArn.split(':')[6] ?? 'handler'
  return errorNotificationOf(failureError(record, nowMs), component)
}

function readable<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch (error) {
    if (isBridgeError(error)) return undefined
    throw error
  }
}
