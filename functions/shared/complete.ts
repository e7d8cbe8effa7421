import { randomUUID } from 'node:crypto'
import {
  asJson,
  type BridgeError,
  bridgeError,
  createEnvelope,
  createReply,
  ERRORS,
  errorNotificationOf,
  isBridgeError,
  type OutboundMessage,
  type Outcome,
  privateReplyTopic,
  REQUEST_LIMITS,
  topicDefinition,
  topicTemplate,
} from '#contract/index.ts'
import { type Deferral, isDeferral } from './deferral.ts'
import { loggable } from './loggable.ts'
import { type ChainDependencies, type ChainRequest, type ChainState, chainState, inFormOfRequest } from './request.ts'
import { storeMessages } from './stored-messages.ts'
import { currentTraceId } from './trace.ts'

/**
 * Last step: stores the reply and returns it as the outcome. A coded error becomes an error reply on the sender's private topic; any
 * other error fails the invocation, so that the message reaches the dead-letter queue and the publisher tells the sender.
 */
export function complete(dependencies: ChainDependencies): {
  after: (request: ChainRequest) => Promise<void>
  onError: (request: ChainRequest) => Promise<Outcome | undefined>
} {
  const { correlation, observer, component, settings } = dependencies
  const source = () => ({
    messageId: (dependencies.newId ?? randomUUID)(),
    nowMs: (dependencies.nowMs ?? Date.now)(),
    traceId: currentTraceId(),
  })

  return {
    after: async function completeAfter(request) {
      const state = chainState(request)
      if (isDeferral(request.response)) request.response = await handOver(state, request.response)
      else request.response = state.claim ? await answer(state, request.response) : notificationsOnly(state)
      observer.flush()
    },

    onError: async function completeOnError(request) {
      const { error } = request
      const state = request.internal.chain
      try {
        if (!state || !isBridgeError(error)) {
          observer.count('SystemFaults')
          observer.error('invocation_failed', { topic: state?.event.topic, error_name: error?.name })
          return undefined
        }
        return await refuse(state, error)
      } finally {
        observer.flush()
      }
    },
  }

  async function handOver({ claim, event }: ChainState, { execution, keptSeconds }: Deferral): Promise<Outcome> {
    if (!claim || !correlation) throw new Error('only a claimed request is handed over')
    // without the claim it is still started, and whoever took over hands over the same execution
    const isMine = await correlation.handOver(claim, execution, keptSeconds)
    observer.info('request_deferred', { client_id: event.client_id, topic: event.topic, execution, is_mine: isMine })
    return { outcome: 'deferred' }
  }

  async function answer(state: ChainState, result: unknown): Promise<Outcome> {
    const { claim, topicKey, replyTopic } = state
    const reply = topicKey && topicDefinition(topicKey).reply
    if (!claim || !correlation || !reply || replyTopic === undefined)
      throw new Error('only a claimed request is answered')
    const payload = asJson(reply.payload.parse(result))
    const envelope = createReply(answered(state), { topic: replyTopic, payload, status: 'ok' }, source())
    const actualBytes = Buffer.byteLength(JSON.stringify(envelope))
    if (actualBytes > REQUEST_LIMITS.maxReplyBytes) {
      throw bridgeError('reply_too_large', { limitBytes: REQUEST_LIMITS.maxReplyBytes, actualBytes })
    }
    const message: OutboundMessage = { topic: replyTopic, qos: 1, envelope }
    const notes = notifications(state)
    if (!(await correlation.complete(claim, 'completed', storeMessages([message, ...notes])))) return lost(state)
    const route = { route: topicKey }
    observer.count('RequestsAnswered', 1, route)
    observer.measure('ReplySize', actualBytes, route)
    if (state.claimedAtMs !== undefined) observer.measure('HandlerLatency', sinceMs(state.claimedAtMs), route)
    return { outcome: 'reply', messages: [inFormOfRequest(message, state, settings.root), ...notes] }
  }

  /** An error reply. Under a claim it is stored first, so that only the attempt that holds the claim speaks. */
  async function refuse(state: ChainState, error: BridgeError): Promise<Outcome> {
    const { event, claim } = state
    const { fault } = ERRORS[error.code]
    observer.count(fault === 'system' ? 'SystemFaults' : 'RequestsRefused', 1, { ...routeOf(state), code: error.code })
    observer[fault === 'system' ? 'error' : 'warn']('request_refused', {
      code: error.code,
      ...loggable(error),
      client_id: event.client_id,
      topic: event.topic,
      broker_trace_id: event.broker_trace_id,
      cause: error.cause instanceof Error ? error.cause.name : undefined,
    })
    if (fault === 'user') await dependencies.refused?.(state, error)
    if (error.code === 'sender_unverified') return { outcome: 'none' }
    const topic = privateReplyTopic(settings.root, event.client_id)
    const payload = errorNotificationOf(error, component)
    const envelope = createReply(answered(state), { topic, payload, status: 'error' }, source())
    const message: OutboundMessage = { topic, qos: 1, envelope }
    if (claim && correlation) {
      const isMine = await correlation.complete(claim, 'failed', storeMessages([message])).catch((failure: unknown) => {
        // told once that the store is out of reach, the sender comes back; the claim then ends with its lease
        if (error.code === 'store_unavailable' && isBridgeError(failure)) return true
        throw failure
      })
      if (!isMine) return lost(state)
    }
    return { outcome: 'reply', messages: [inFormOfRequest(message, state, settings.root)] }
  }

  function lost(state: ChainState): Outcome {
    const error = bridgeError('lease_lost', { fence: state.claim?.fence ?? 0 })
    observer.count('LeasesLost', 1, routeOf(state))
    observer.warn('lease_lost', { code: error.code, reason: error.message, client_id: state.event.client_id })
    return { outcome: 'none' }
  }

  function notificationsOnly(state: ChainState): Outcome {
    const messages = notifications(state)
    return messages.length > 0 ? { outcome: 'reply', messages } : { outcome: 'none' }
  }

  function notifications(state: ChainState): OutboundMessage[] {
    return state.notifications.map(({ topicKey, payload }) => {
      const { qos, payload: schema } = topicDefinition(topicKey)
      const topic = topicTemplate(settings.root, topicKey)
      return { topic, qos, envelope: createEnvelope({ topic, payload: asJson(schema.parse(payload)) }, source()) }
    })
  }
}

/** Milliseconds, to a thousandth. */
function sinceMs(startedAtMs: number): number {
  return Math.round((performance.now() - startedAtMs) * 1_000) / 1_000
}

function routeOf({ topicKey }: ChainState): { route?: string } {
  return topicKey === undefined ? {} : { route: topicKey }
}

function answered({ event, messageId, correlationId }: ChainState) {
  return { clientId: event.client_id, messageId, correlationId }
}
