import type { Routes } from '../shared/index.ts'
import type { Evaluator } from './evaluator.ts'

/** The route of the conscience: the action comes back with its judgement. */
export function createConscienceRoutes({ evaluator }: { evaluator: Evaluator }): Routes {
  return {
    async 'conscience/evaluate'({ payload: { action, context, user_id: userId } }) {
      return { action, ...(await evaluator.evaluate({ action, context, userId })) }
    },
  }
}
