import type { EvaluationErrorCode } from './evaluation-error.ts'
import { toJson, writeJson } from './values/json-text.ts'
import type { JsonValue, SqlValue } from './values/values.ts'

export type RuleOutcome =
  | RuleOutput
  /** WHERE is not true. */
  | { readonly outcome: 'filtered' }
  | RuleFailure

/** The actions run, with this output. */
export interface RuleOutput {
  readonly outcome: 'fire'
  /** With JavaScript numbers, the nearest to those of the rule. A payload passed on that is no JSON is base64 here. */
  readonly output: JsonValue
  /** What is sent: JSON with every digit; nothing for a value that is Undefined; base64 where `bytes` is set. */
  readonly text: string
  /** The payload as it came: `SELECT *` of one that is no JSON. Some actions refuse it, Lambda among them. */
  readonly bytes: Uint8Array | undefined
}

/** No action runs, and the error action does not either: it is for failed actions. */
export interface RuleFailure {
  readonly outcome: 'error'
  readonly code: EvaluationErrorCode
  readonly message: string
}

/** The output of a value. Undefined by itself is written as nothing. */
export function outputOf(value: SqlValue): RuleOutput {
  if (value === undefined) return { outcome: 'fire', output: '', text: '', bytes: undefined }
  // made at once, for here a value is caught that is nested too deep or too long: the text cannot fail then
  const output = toJson(value)
  return {
    outcome: 'fire',
    output,
    get text() {
      return writeJson(value)
    },
    bytes: undefined,
  }
}

export function outputOfBytes(bytes: Uint8Array): RuleOutput {
  const text = Buffer.from(bytes).toString('base64')
  return { outcome: 'fire', output: text, text, bytes }
}
