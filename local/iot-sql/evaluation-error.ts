export type EvaluationErrorCode =
  /** `*` with further items, and the payload is no JSON. */
  | 'PARSE_ERROR'
  /** `*` with further items, and the payload is JSON but no object. */
  | 'NOT_AN_OBJECT'
  | 'NUMBER_OUT_OF_RANGE'
  /** A variable of SET, or all of them, beyond 128 KiB. */
  | 'VARIABLE_TOO_LARGE'
  /** A limit of ours, against statements that would take too long. */
  | 'LIMIT_EXCEEDED'
  /** A function that asks something outside has failed, or is called more often than allowed. */
  | 'EXTERNAL_FUNCTION_FAILED'
  | 'EVALUATION_FAILED'

/** Ends the evaluation of one message. Its message holds nothing of the payload, for it goes to a log. */
export class EvaluationError extends Error {
  readonly code: EvaluationErrorCode

  constructor(code: EvaluationErrorCode, reason: string, options?: ErrorOptions) {
    super(reason, options)
    this.code = code
  }
}
