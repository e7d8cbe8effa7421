import type { SqlChoices } from '../choices.ts'
import type { ExternalCall, ExternalFunctionName } from '../external/external-call.ts'
import type { RuleMessage } from '../message.ts'
import type { SqlVersion } from '../sql-version.ts'
import type { Argument } from '../syntax/ast.ts'
import type { SqlJson, SqlValue } from '../values/values.ts'

/** What a function may look at besides its arguments. */
export interface CallContext {
  readonly message: RuleMessage
  readonly settings: { readonly version: SqlVersion; readonly wholeIsInt: boolean; readonly choices: SqlChoices }
  newUuid(): string
  /** At least 0, less than 1. */
  random(): number
  /** The payload as JSON; undefined if it is none. */
  json(): SqlJson | undefined
  /** Asks outside; throws EvaluationError where that fails. */
  external(call: ExternalCall): SqlValue
}

/** One function of the language. */
export interface SqlFunction {
  /** As documented; statements may write it in any case. */
  readonly name: string
  readonly minArguments: number
  readonly maxArguments: number
  /** The first version that has it, if not the first of all. */
  readonly since?: SqlVersion
  /** The argument that may be `*`. */
  readonly payloadAt?: number
  /** `payload` is set where `*` stands; the argument itself is then Undefined. */
  call(args: readonly SqlValue[], context: CallContext, payload?: Uint8Array): SqlValue
  /** What it asks outside with these arguments, if anything. */
  asks?(args: readonly Argument[]): ExternalFunctionName | undefined
  /** Says what is wrong with the arguments as written, so that a rule fails when it is made and not silently later. */
  refuseArguments?(args: readonly Argument[]): string | undefined
}

/** A function with a fixed number of arguments. */
export function define(
  name: string,
  count: number | readonly [minimum: number, maximum: number],
  call: SqlFunction['call'],
  more: Partial<SqlFunction> = {},
): SqlFunction {
  const [minArguments, maxArguments] = typeof count === 'number' ? [count, count] : count
  return { name, minArguments, maxArguments, call, ...more }
}
