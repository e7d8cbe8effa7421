import type { DurableContext } from '@aws/durable-execution-sdk-js'
import type { DeviceRequestInput } from '#contract/index.ts'
import type { Evaluator } from '../conscience/evaluator.ts'
import type { Workflow } from '../shared/workflow-handler.ts'
import { decided, evaluated, isWeighty, questionOf, undecided } from './judge.ts'

export interface ReviewDependencies {
  evaluator: Evaluator
  /** Has a device asked; resolves when it is, throws when it cannot be. */
  ask(request: DeviceRequestInput): Promise<void>
  /** Client id of the device that decides. */
  operator: string
  decisionSeconds: number
}

/** A device that cannot be asked is tried again after so many seconds. */
const ASK_AGAIN_SECONDS = [2, 10, 30]

/**
 * Review of an action: the conscience judges it; one that is not approved and weighty is laid before an operator, whose word counts. When
 * nobody decides in time the judgement stands.
 */
export function createReview(dependencies: ReviewDependencies): Workflow<'conscience/review'> {
  const { evaluator, operator, decisionSeconds } = dependencies
  return async ({ payload, facts }, context) => {
    const { action, context: circumstances, user_id: userId } = payload
    const judgement = await context.step('evaluate', () =>
      evaluator.evaluate({ action, context: circumstances, userId }),
    )
    const own = evaluated(payload, judgement)
    if (!isWeighty(judgement)) return own
    try {
      return decided(own, await askOperator(context, questionOf(payload, judgement, facts.client_id)))
    } catch (error) {
      return undecided(own, reasonOf(error))
    }
  }

  function askOperator(context: DurableContext, payload: ReturnType<typeof questionOf>): Promise<unknown> {
    return context.waitForCallback<unknown>(
      'ask operator',
      (callbackId) =>
        dependencies.ask({
          client_id: operator,
          payload,
          deadline_seconds: decisionSeconds,
          longest_wait_seconds: decisionSeconds,
          completion: { kind: 'durable', callback_id: callbackId },
          when_offline: 'keep',
        }),
      {
        timeout: { seconds: decisionSeconds },
        retryStrategy: (_, attempt) => {
          const seconds = ASK_AGAIN_SECONDS[attempt - 1]
          return seconds === undefined ? { shouldRetry: false } : { shouldRetry: true, delay: { seconds } }
        },
        serdes: { deserialize: async (text) => (text === undefined ? undefined : JSON.parse(text)) },
      },
    )
  }
}

/** In words of ours: what a device or a service said stays in the execution. */
function reasonOf(error: unknown): string {
  const { errorType } = Object(error) as { errorType?: string }
  if (errorType === 'CallbackSubmitterError') return 'the operator could not be asked'
  return 'no operator decided in time'
}
