import {
  answerableMsOf,
  type BridgeError,
  bridgeError,
  codeOfFailure,
  createReply,
  type Envelope,
  type ErrorNotification,
  errorNotificationOf,
  isBridgeError,
  type OutboundMessage,
  privateReplyTopic,
  resolveTopic,
  type TopicKey,
  topicDefinition,
} from '#contract/index.ts'
import { type CorrelationStore, requestHash, requestKey } from '#correlation/index.ts'
import { decodeEnvelope, hasPrivateTopic, type ReadableFacts } from '../shared/decode.ts'
import { inFormOfRequest } from '../shared/request.ts'
import { storeMessages } from '../shared/stored-messages.ts'
import { currentTraceId } from '../shared/trace.ts'
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
  const facts: ReadableFacts = { messageId: null, correlationId: null, isBare: false }
  const envelope = readable(() => decodeEnvelope(event, dependencies.root, (found) => Object.assign(facts, found)))
  const topic = privateReplyTopic(dependencies.root, event.client_id)
  const reply = createReply(
    { clientId: event.client_id, messageId: facts.messageId, correlationId: facts.correlationId },
    { topic, payload: notification(record, dependencies), status: 'error' },
    { messageId: dependencies.newId(), nowMs: dependencies.nowMs(), traceId: currentTraceId() },
  )
  const message: OutboundMessage = { topic, qos: 1, envelope: reply }
  const claimable = envelope && claimablePayload(dependencies.root, event.topic, envelope)
  if (claimable) {
    const { message_id: messageId, metadata } = envelope
    const told = await dependencies.correlation.abandon(
      {
        key: requestKey({ clientId: event.client_id, correlationId: metadata.correlation_id, messageId }),
        requestHash: requestHash(event.topic, claimable.payload),
        topicKey: claimable.topicKey,
        owner: record.requestContext.requestId,
      },
      storeMessages([message]),
    )
    if (!told) return undefined
  }
  return inFormOfRequest(message, { event, isBare: facts.isBare }, dependencies.root)
}

/** What the chain would have claimed; undefined for what it refuses before, or does not answer. */
function claimablePayload(
  root: string,
  topic: string,
  envelope: Envelope,
): { payload: unknown; topicKey: TopicKey } | undefined {
  const key = resolveTopic(root, topic)?.key
  if (!key || !topicDefinition(key).reply) return undefined
  const parsed = topicDefinition(key).payload.safeParse(envelope.payload)
  return parsed.success ? { payload: parsed.data, topicKey: key } : undefined
}

/** Why nothing came of an invocation. Never the error's own text: it may hold what the sender must not see. */
export function failureError(
  record: FailureRecord,
  { root, nowMs }: { root: string; nowMs: () => number },
): BridgeError {
  if (record.requestContext.condition === 'EventAgeExceeded') {
    const { received_at_ms: receivedAtMs, topic } = record.requestPayload
    const ageMs = nowMs() - receivedAtMs
    return bridgeError('deadline_exceeded', { ageMs, limitMs: answerableMsOf(resolveTopic(root, topic)?.key).run })
  }
  return bridgeError(codeOfFailure(record.responsePayload ?? {}))
}

function notification(record: FailureRecord, source: { root: string; nowMs: () => number }): ErrorNotification {
  // functions are named <stack>-<component>; what a device is told names no deployment
  const component = record.requestContext.functionArn.split(':')[6]?.split('-').at(-1) ?? 'handler'
  return errorNotificationOf(failureError(record, source), component)
}

function readable<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch (error) {
    if (isBridgeError(error)) return undefined
    throw error
  }
}
