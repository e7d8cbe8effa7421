import {
  answerableMsOf,
  bridgeError,
  type OutboundMessage,
  type Outcome,
  REQUEST_LIMITS,
  topicDefinition,
} from '#contract/index.ts'
import { type ChainDependencies, type ChainRequest, type ChainState, chainState, inFormOfRequest } from './request.ts'
import { restoreMessages } from './stored-messages.ts'

/**
 * Third step, for requests only: claims the request, or ends the chain with what a repeat gets; past its deadline a request is neither
 * run nor answered again. Throws correlation_conflict, deadline_exceeded, store_unavailable.
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
      const { run: deadlineMs, taken } = answerableMsOf(topicKey)
      const ageMs = (dependencies.nowMs ?? Date.now)() - state.event.received_at_ms
      if (ageMs > taken) {
        observer.count('RequestsLate', 1, { route: topicKey })
        observer.warn('request_too_old', { client_id: request.clientId, topic: state.event.topic, age_ms: ageMs })
        observer.flush()
        return { outcome: 'none' }
      }
      const result = await correlation.claim({
        key: request.requestKey,
        requestHash,
        owner: context.awsRequestId,
        topicKey,
        leaseMs: context.getRemainingTimeInMillis() + REQUEST_LIMITS.leaseMarginMs,
      })
      switch (result.state) {
        case 'claimed':
          // under the claim, so that a duplicate of what was answered in time never gets another answer
          state.claim = result.claim
          state.claimedAtMs = performance.now()
          if (ageMs > deadlineMs) throw bridgeError('deadline_exceeded', { ageMs, limitMs: deadlineMs })
          return undefined
        case 'replay':
          observer.count('RequestsReplayed', 1, { route: topicKey })
          observer.flush()
          if (ageMs > deadlineMs) return { outcome: 'none' }
          return { outcome: 'replay', messages: replayed(result.reply, state, dependencies.settings.root) }
        case 'inFlight':
          observer.count('RequestsInFlight', 1, { route: topicKey })
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

function replayed(reply: string, state: ChainState, root: string): OutboundMessage[] {
  const [first, ...rest] = restoreMessages(reply, state.replyTopic)
  return [inFormOfRequest(first, state, root), ...rest]
}
