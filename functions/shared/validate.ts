import type * as z from 'zod'
import {
  bridgeError,
  describeIssue,
  type Envelope,
  errorNotification,
  isAnswerTopic,
  MEMORY_LAYERS,
  replyTopicFor,
  resolveTopic,
  type TopicKey,
  topicDefinition,
} from '#contract/index.ts'
import { requestHash, requestKey } from '#correlation/index.ts'
import { deferredRequestOf } from './deferred-request.ts'
import { type BridgeRequest, type ChainDependencies, type ChainRequest, chainState, type Routes } from './request.ts'

/**
 * Second step: topic, sender, reply topic and payload against the contract. Throws topic_unknown, client_id_mismatch,
 * reply_to_forbidden, unknown_layer, invalid_payload.
 */
export function validate(routes: Routes, dependencies: ChainDependencies): { before: (request: ChainRequest) => void } {
  return {
    before: function validateBefore(request) {
      const state = chainState(request)
      const { event, envelope } = state
      if (!envelope) throw new Error('decode did not run')
      const { root } = dependencies.settings
      const topicKey = resolveTopic(root, event.topic)?.key
      if (topicKey === undefined || !routes[topicKey]) {
        throw bridgeError('topic_unknown', { topic: event.topic.slice(0, 256) })
      }
      state.topicKey = topicKey
      checkSender(envelope, event.client_id)
      if (topicDefinition(topicKey).reply) {
        const replyTo = envelope.metadata.reply_to ?? event.response_topic ?? null
        state.replyTopic = replyTopicFor(topicKey, event.client_id, replyTo, dependencies.settings)
      }
      const payload = parsePayload(topicKey, envelope)
      state.requestHash = requestHash(event.topic, payload)
      const bridgeRequest: BridgeRequest = {
        topicKey,
        topic: event.topic,
        payload,
        envelope,
        clientId: event.client_id,
        requestKey: requestKey({
          clientId: event.client_id,
          correlationId: envelope.metadata.correlation_id,
          messageId: envelope.message_id,
        }),
        receivedAtMs: event.received_at_ms,
        remainingMs: () => request.context.getRemainingTimeInMillis(),
        notify: (note, noted) => state.notifications.push({ topicKey: note, payload: noted }),
        answeredLater: () => deferredRequestOf(state),
      }
      state.request = bridgeRequest
      request.event = bridgeRequest
    },
  }
}

function checkSender(envelope: Envelope, clientId: string): void {
  const named = envelope.metadata.client_id
  if (named !== null && named !== clientId) {
    throw bridgeError('client_id_mismatch', { actual: named, expected: clientId })
  }
}

function parsePayload(topicKey: TopicKey, envelope: Envelope): BridgeRequest['payload'] {
  const parsed = schemaOf(topicKey, envelope).safeParse(envelope.payload)
  if (parsed.success) return parsed.data as BridgeRequest['payload']
  throw (
    layerProblem(parsed.error, envelope.payload) ??
    bridgeError('invalid_payload', { problem: describeIssue(parsed.error) })
  )
}

/** A device that could not do what it was asked answers with an error instead; a flat one has a place for it. */
function schemaOf(topicKey: TopicKey, { metadata }: Envelope): z.ZodType {
  const { payload, wire } = topicDefinition(topicKey)
  return metadata.status === 'error' && wire !== 'petal' && isAnswerTopic(topicKey) ? errorNotification : payload
}

/** A layer that does not exist has a code of its own, since clients choose layers by name. */
function layerProblem(error: z.ZodError, payload: unknown): Error | undefined {
  const issue = error.issues.find(({ path, code }) => path[0] === 'layer' && code === 'invalid_value')
  const actual = payload !== null && typeof payload === 'object' && 'layer' in payload ? payload.layer : undefined
  return issue && typeof actual === 'string'
    ? bridgeError('unknown_layer', { expected: MEMORY_LAYERS.join(', '), actual: actual.slice(0, 64) })
    : undefined
}
