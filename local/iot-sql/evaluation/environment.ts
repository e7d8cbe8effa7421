import type { SqlChoices } from '../choices.ts'
import { EvaluationError } from '../evaluation-error.ts'
import type { ExternalCall } from '../external/external-call.ts'
import type { CallContext } from '../functions/sql-function.ts'
import type { RuleMessage } from '../message.ts'
import type { SqlVersion } from '../sql-version.ts'
import { decodeUtf8, parseJson } from '../values/json-text.ts'
import type { SqlJson, SqlValue } from '../values/values.ts'
import type { Tape } from './tape.ts'

/** What all evaluations of a rule have in common. */
export interface Settings {
  readonly version: SqlVersion
  /** As in version 2016-03-23, where 10.0 is an Int. */
  readonly wholeIsInt: boolean
  readonly choices: SqlChoices
  readonly newUuid: () => string
  readonly random: () => number
}

export type Evaluate = (environment: Environment) => SqlValue

/** One message under evaluation. The payload is parsed when first asked for. */
export class Environment implements CallContext {
  readonly message: RuleMessage
  readonly settings: Settings
  /** The elements of the nested queries that are being evaluated, outermost first. */
  readonly elements: SqlValue[] = []
  /** Of SET, by their number; undefined until one is asked for. */
  readonly variables: ({ readonly value: SqlValue } | undefined)[] = []
  /** Bytes of the variables so far. */
  variableBytes = 0
  readonly #tape: Tape | undefined
  #parsed: { readonly json: SqlJson | undefined } | undefined

  constructor(message: RuleMessage, settings: Settings, tape: Tape | undefined) {
    this.message = message
    this.settings = settings
    this.#tape = tape
  }

  /** The payload as JSON, an empty one as an empty object; undefined if it is none. */
  json(): SqlJson | undefined {
    this.#parsed ??= { json: this.#parse() }
    return this.#parsed.json
  }

  /** As `json`, for the field of a payload: what a payload that is no JSON means is a choice. */
  field(): SqlJson | undefined {
    const json = this.json()
    if (json !== undefined || this.settings.choices.fieldOfOtherPayload === 'undefined') return json
    throw new EvaluationError('PARSE_ERROR', 'expected a JSON payload, since the statement reads it, got other bytes')
  }

  newUuid(): string {
    return this.#remember(this.settings.newUuid)
  }

  random(): number {
    return this.#remember(this.settings.random)
  }

  external(call: ExternalCall): SqlValue {
    if (this.#tape !== undefined) return this.#tape.answerOf(call)
    const reason = `${call.function}: expected a provider of external functions, got none`
    throw new EvaluationError('EXTERNAL_FUNCTION_FAILED', reason)
  }

  #remember<Value>(produce: () => Value): Value {
    return this.#tape === undefined ? produce() : this.#tape.remember(produce)
  }

  #parse(): SqlJson | undefined {
    const { payload } = this.message
    if (payload.length === 0) return {}
    const text = decodeUtf8(payload)
    return text === undefined ? undefined : parseJson(text, this.settings.wholeIsInt)
  }
}
