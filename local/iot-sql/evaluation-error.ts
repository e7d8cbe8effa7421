export type EvaluationErrorCode = 'PARSE_ERROR' | 'NOT_AN_OBJECT' | 'NUMBER_OUT_OF_RANGE' | 'EVALUATION_FAILED'

/** Ends the evaluation of one message. Its message holds nothing of the payload, for it goes to a log. */
export class EvaluationError extends Error {
  readonly code: EvaluationErrorCode

  constructor(code: EvaluationErrorCode, reason: string) {
    super(reason)
    this.code = code
  }
}
