import type { DeferredRequest } from '#contract/index.ts'
import { executionName } from '#correlation/index.ts'
import type { ChainState } from './request.ts'
import { currentTraceId } from './trace.ts'

/** The request of a chain as an execution gets it. Throws where there is no claim: nothing may be started then. */
export function deferredRequestOf(state: ChainState): DeferredRequest {
  const { event, request, requestHash, claim, replyTopic, topicKey, envelope, correlationId, isBare } = state
  if (!request || !requestHash || !claim || !replyTopic || !topicKey || !envelope) {
    throw new Error('only a claimed request is answered later')
  }
  const traceId = currentTraceId()
  return {
    execution: executionName(claim.key, claim.generation),
    request_key: claim.key,
    request_hash: requestHash,
    generation: claim.generation,
    topic_key: topicKey,
    client_id: event.client_id,
    message_id: envelope.message_id,
    correlation_id: correlationId,
    reply_topic: replyTopic,
    ...(event.correlation_data !== undefined && { correlation_data: event.correlation_data }),
    ...(isBare && { form: 'bare' as const }),
    received_at_ms: event.received_at_ms,
    ...(traceId !== undefined && { trace_id: traceId }),
  }
}
