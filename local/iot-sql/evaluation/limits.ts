import { EvaluationError } from '../evaluation-error.ts'

/** SET: https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-set.html */
export const VARIABLE_LIMITS = { maxVariables: 10, maxNameCharacters: 64, maxBytes: 128 * 1024 } as const

/** Our limits, not the service's: they keep one message from holding up all others. */
export const EVALUATION_LIMITS = {
  /** Characters of a text on the way. */
  maxTextCharacters: 1024 * 1024,
  /**
   * Bytes of a JSON text: the output, an argument that is written as text. A payload of 128 KB is longer as base64, so its own
   * limit would be too low; no action takes more than this.
   */
  maxJsonBytes: 1024 * 1024,
  /** Levels of arrays and objects in a payload, in an answer from outside, and in what is made of them. */
  maxPayloadLevels: 500,
  maxLevels: 1000,
  /** A step is one expression on one element, one value compared or copied, or some characters of a text: about 20 to 100 ns. */
  maxSteps: 5_000_000,
  /** Of one `regexp_replace`: how far a match looks ahead cannot be counted. */
  maxReplaceMs: 1000,
} as const

/** Evaluation is synchronous, so one budget at a time is enough, and nobody has to hand it on. */
let stepsLeft = 0

/** Called where the evaluation of a message begins. */
export function startBudget(): void {
  stepsLeft = EVALUATION_LIMITS.maxSteps
}

/** Takes steps from the budget of the running evaluation. Throws LIMIT_EXCEEDED when it is spent. */
export function charge(steps: number): void {
  stepsLeft -= steps
  if (stepsLeft < 0) throw limitExceeded(`an evaluation of at most ${EVALUATION_LIMITS.maxSteps} steps`)
}

/** Takes what reading or copying a text costs. */
export function chargeText(characters: number): void {
  charge(1 + (characters >> 3))
}

/** Takes what reading or copying the members of an object costs, which is more than items of an array do. */
export function chargeMembers(count: number): void {
  charge(1 + count * 4)
}

/** Refuses a text before it is made. */
export function checkTextLength(characters: number): void {
  const most = EVALUATION_LIMITS.maxTextCharacters
  if (characters > most) throw limitExceeded(`texts of at most ${most} characters`)
  chargeText(characters)
}

export function limitExceeded(expected: string): EvaluationError {
  return new EvaluationError('LIMIT_EXCEEDED', `expected ${expected}, got more`)
}
