import { randomUUID } from 'node:crypto'
import {
  asJson,
  type BridgeError,
  bridgeError,
  createReply,
  type DeferredRequest,
  describeIssue,
  ERRORS,
  errorNotificationOf,
  isBridgeError,
  type Json,
  type OutboundMessage,
  type PublishCommand,
  privateReplyTopic,
  publishedUntilMs,
  REQUEST_LIMITS,
  topicDefinition,
} from '#contract/index.ts'
import type { CorrelationStore } from '#correlation/index.ts'
import { loggable } from './loggable.ts'
import type { Observer } from './observability.ts'
import { inFormOfRequest } from './request.ts'
import { restoreMessages, storeMessages } from './stored-messages.ts'
import { followTrace } from './trace.ts'

export interface FinisherDependencies {
  root: string
  correlation: CorrelationStore
  /** Hands messages to the publisher and resolves when it is sure to get them. */
  publish(command: PublishCommand): Promise<void>
  observer: Observer
  component: string
  nowMs?: () => number
  newId?: () => string
}

/**
 * Ends a request that a workflow answers: stores the reply, then has the publisher send what stands stored. Both may be repeated: a
 * repeat sends the first answer again, whatever it brings itself, with the same message id. Each resolves with whether anything was
 * said; false when the request is no longer this execution's.
 */
export interface RequestFinisher {
  /** What the contract does not allow as a reply, and what is too large for one, is answered with the error instead. */
  answer(request: DeferredRequest, result: unknown): Promise<boolean>
  /**
   * `messageId`, a UUID that all repeats share, makes it speak only where nobody else has: then the answer of the other is that one's to send.
   */
  fail(request: DeferredRequest, error: BridgeError, messageId?: string): Promise<boolean>
}

export function createFinisher(dependencies: FinisherDependencies): RequestFinisher {
  const { root, correlation, observer, component } = dependencies
  const nowMs = dependencies.nowMs ?? Date.now

  return { answer, fail }

  async function answer(request: DeferredRequest, result: unknown): Promise<boolean> {
    followTrace(request.trace_id)
    const message = replyOrProblem(request, result)
    if (isBridgeError(message)) return fail(request, message)
    const said = await finish(request, 'completed', message)
    if (said) observer.count('WorkflowsAnswered', 1, { route: request.topic_key })
    return said
  }

  async function fail(request: DeferredRequest, error: BridgeError, messageId?: string): Promise<boolean> {
    followTrace(request.trace_id)
    const { fault } = ERRORS[error.code]
    const dimensions = { route: request.topic_key, code: error.code }
    observer.count(fault === 'system' ? 'SystemFaults' : 'RequestsRefused', 1, dimensions)
    observer[fault === 'system' ? 'error' : 'warn']('workflow_request_failed', {
      code: error.code,
      ...loggable(error),
      client_id: request.client_id,
      topic_key: request.topic_key,
      execution: request.execution,
    })
    const payload = asJson(errorNotificationOf(error, component))
    const topic = privateReplyTopic(root, request.client_id)
    const message = messageOf(request, { topic, payload, status: 'error' }, messageId)
    return finish(request, 'failed', message, messageId)
  }

  async function finish(
    request: DeferredRequest,
    state: 'completed' | 'failed',
    message: OutboundMessage,
    onlyMessageId?: string,
  ): Promise<boolean> {
    const { request_key: key, request_hash: requestHash, execution, generation } = request
    const stands = await correlation.finish(
      { key, requestHash, execution, generation },
      state,
      storeMessages([message]),
    )
    if (stands === undefined) {
      observer.warn('workflow_outcome_late', { client_id: request.client_id, execution, state })
      return false
    }
    const [reply] = restoreMessages(stands, undefined)
    if (onlyMessageId !== undefined && reply.envelope.message_id !== onlyMessageId) return false
    const { client_id, correlation_data, form } = request
    const origin = { event: { client_id, correlation_data }, isBare: form === 'bare' }
    await dependencies.publish({
      publish: [inFormOfRequest(reply, origin, root)],
      expires_at_ms: publishedUntilMs(nowMs()),
    })
    return true
  }

  function replyOrProblem(request: DeferredRequest, result: unknown): OutboundMessage | BridgeError {
    const { reply } = topicDefinition(request.topic_key)
    const parsed = reply?.payload.safeParse(result)
    if (!parsed?.success) {
      const problem = parsed ? describeIssue(parsed.error) : `${request.topic_key} is not answered`
      return bridgeError('workflow_result_invalid', { problem })
    }
    const message = messageOf(request, { topic: request.reply_topic, payload: asJson(parsed.data), status: 'ok' })
    const actualBytes = Buffer.byteLength(JSON.stringify(message.envelope))
    const { maxReplyBytes: limitBytes } = REQUEST_LIMITS
    return actualBytes > limitBytes ? bridgeError('reply_too_large', { limitBytes, actualBytes }) : message
  }

  function messageOf(
    request: DeferredRequest,
    reply: { topic: string; payload: Json; status: 'ok' | 'error' },
    id = (dependencies.newId ?? randomUUID)(),
  ): OutboundMessage {
    const { client_id: clientId, message_id: messageId, correlation_id: correlationId } = request
    const source = { messageId: id, nowMs: nowMs(), traceId: request.trace_id }
    const envelope = createReply({ clientId, messageId, correlationId }, reply, source)
    return { topic: reply.topic, qos: 1, envelope }
  }
}
