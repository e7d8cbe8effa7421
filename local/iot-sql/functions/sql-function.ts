import type { Argument } from '../ast.ts'
import type { RuleMessage } from '../message.ts'
import type { SqlValue } from '../values.ts'

/** What a function may look at besides its arguments. */
export interface CallContext {
  readonly message: RuleMessage
  readonly newUuid: () => string
}

/** One function of the language. */
export interface SqlFunction {
  /** As documented; statements may write it in any case. */
  readonly name: string
  readonly minArguments: number
  readonly maxArguments: number
  call(args: readonly SqlValue[], context: CallContext): SqlValue
  /** Set where `*` may be the first argument: gets the payload as it came, and the other arguments. */
  callOnPayload?(payload: Uint8Array, rest: readonly SqlValue[]): SqlValue
  /** Says what is wrong with the arguments as written, so that a rule fails when it is made and not silently later. */
  refuseArguments?(args: readonly Argument[]): string | undefined
}
