import type { ConscienceEvaluationResult } from '#contract/index.ts'

/** What is judged. */
interface Deed {
  action: string
  context: string
  userId: string | null
}

export type Judgement = Omit<ConscienceEvaluationResult, 'action'>

/** Judges an action in its context. The rule engine is one; a model can take its place. */
export interface Evaluator {
  evaluate(deed: Deed): Promise<Judgement>
}
