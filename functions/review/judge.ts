import * as z from 'zod'
import {
  type ConscienceReviewResult,
  describeIssue,
  deviceAnswerSchema,
  type PayloadOf,
  REVIEW_PATH,
  type ReviewCase,
  reviewDecision,
} from '#contract/index.ts'
import type { Judgement } from '../conscience/evaluator.ts'

type Evaluation = PayloadOf<'conscience/review'>

/** What an action that is not approved scores at most to be worth an operator's time. */
export const WEIGHTY_SCORE = -0.5

/** The conscience's own word. */
export function evaluated({ action }: Evaluation, judgement: Judgement): ConscienceReviewResult {
  return { action, ...judgement, decision: 'evaluated', decided_by: null, reason: null }
}

/** Whether an operator is to decide: the action is not approved, and it is no trifle. */
export function isWeighty({ approved, moral_score: score }: Judgement): boolean {
  return !approved && score <= WEIGHTY_SCORE
}

/** The request to the operator's device. */
export function questionOf(evaluation: Evaluation, judgement: Judgement, clientId: string) {
  const { action, context, user_id } = evaluation
  const body: ReviewCase = { action, ...judgement, context, user_id, client_id: clientId }
  return { method: 'POST', path: REVIEW_PATH, headers: { 'content-type': 'application/json' }, body }
}

const apiAnswer = z.object({ status: z.int(), body: z.unknown() })

/** The result after the operator's device has answered, whatever it said: what is no decision leaves the judgement as it stands. */
export function decided(own: ConscienceReviewResult, answer: unknown): ConscienceReviewResult {
  const device = deviceAnswerSchema.safeParse(answer)
  const response = apiAnswer.safeParse(device.data?.answer)
  if (!device.success || !response.success) return undecided(own, 'the answer of the operator cannot be read')
  const { status, body } = response.data
  if (status < 200 || status > 299) return undecided(own, `the operator's device answered with status ${status}`)
  const decision = reviewDecision.safeParse(body)
  if (!decision.success) return undecided(own, `the operator's answer is no decision: ${describeIssue(decision.error)}`)
  const { approved, reason } = decision.data
  return { ...own, approved, decision: approved ? 'approved' : 'rejected', decided_by: device.data.client_id, reason }
}

/** The result when nobody decided: the judgement of the conscience stands. */
export function undecided(own: ConscienceReviewResult, reason: string): ConscienceReviewResult {
  return { ...own, decision: 'unanswered', reason }
}
