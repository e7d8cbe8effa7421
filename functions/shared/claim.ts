import { bridgeError, type Envelope, type Outcome, REQUEST_LIMITS, topicDefinition } from '#contract/index.ts'
import {
  type ChainDependencies,
  type ChainRequest,
  type ChainState,
  chainState,
  withCorrelationData,
} from './request.ts'

/**
 * Third step, for requests only: claims the request, or ends the chain with what a repeat gets. Throws correlation_conflict and
 * store_unavailable.
 */
export function claim(dependencies: ChainDependencies): {
  before: (request: ChainRequest) => Promise<Outcome | undefined>
} {
  const { correlation, observer } = dependencies
  return {
    before: async function claimBefore(chainRequest) {
      const { context } = chainRequest
      const state = chainState(chainRequest)
      const { request, requestHash, topicKey } = state
      if (!topicKey || !topicDefinition(topicKey).reply) return undefined
      if (!request || requestHash === undefined || !correlation) throw new Error('a request needs a correlation store')
      const result = await correlation.claim({
        key: request.requestKey,
        requestHash,
        owner: context.awsRequestId,
        leaseMs: context.getRemainingTimeInMillis() + REQUEST_LIMITS.leaseMarginMs,
      })
      switch (result.state) {
        case 'claimed':
          state.claim = result.claim
          return undefined
        case 'replay':
          observer.count('RequestsReplayed')
          observer.flush()
          return { outcome: 'replay', messages: [replayed(result.reply, state)] }
        case 'inFlight':
          observer.count('RequestsInFlight')
          observer.flush()
          observer.info('request_in_flight', { client_id: request.clientId, topic: state.event.topic })
          return { outcome: 'inFlight' }
        case 'deferred':
          return { outcome: 'deferred' }
        case 'conflict':
          throw bridgeError('correlation_conflict')
      }
    },
  }
}

/** The stored reply, word for word, on the topic that this repeat asked for. */
function replayed(reply: string, state: ChainState) {
  const envelope = JSON.parse(reply) as Envelope
  return withCorrelationData({ topic: state.replyTopic ?? envelope.topic, qos: 1, envelope }, state.event)
}
