import * as z from 'zod'
import { conscienceEvaluationResult, FIELD_LIMITS } from './messages.ts'

/** Path of the request by which an operator's device is asked to decide on an action. */
export const REVIEW_PATH = '/reviews'

/** What the operator is shown: the judgement, and in which context and for which client the action was judged. Body of the request. */
export const reviewCase = conscienceEvaluationResult.extend({
  context: z.string(),
  user_id: z.string().nullable(),
  /** Who asked. */
  client_id: z.string(),
})

/** The operator's word. Body of the device's answer. */
export const reviewDecision = z.object({
  approved: z.boolean(),
  reason: z.string().max(FIELD_LIMITS.reasonCharacters).nullable().default(null),
})

export type ReviewCase = z.infer<typeof reviewCase>
export type ReviewDecision = z.infer<typeof reviewDecision>
