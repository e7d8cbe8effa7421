import { EvaluationError } from '../evaluation-error.ts'
import type { ExternalCall, ExternalFunctions } from '../external/external-call.ts'
import { parseJson } from '../values/json-text.ts'
import type { SqlValue } from '../values/values.ts'

/** Stops an evaluation at a call whose answer is not there yet. */
class Suspension {
  readonly call: ExternalCall

  constructor(call: ExternalCall) {
    this.call = call
  }
}

/**
 * What an evaluation learned from outside, in order. Evaluation is not asynchronous, for that would cost every rule: at an
 * external call it stops, the answer is written down, and it runs again from its beginning with all earlier answers read
 * back. Random values are written down as well, so that the repeated evaluation is the same.
 */
export class Tape {
  readonly #entries: (() => unknown)[] = []
  #position = 0

  remember<Value>(produce: () => Value): Value {
    if (this.#position === this.#entries.length) {
      const value = produce()
      this.#entries.push(() => value)
    }
    return this.#next() as Value
  }

  answerOf(call: ExternalCall): SqlValue {
    if (this.#position === this.#entries.length) throw new Suspension(call)
    return this.#next() as SqlValue
  }

  /** Evaluates until no answer is missing. */
  async run<Outcome>(evaluate: () => Outcome, functions: ExternalFunctions, wholeIsInt: boolean): Promise<Outcome> {
    for (;;) {
      this.#position = 0
      try {
        return evaluate()
      } catch (error) {
        if (!(error instanceof Suspension)) throw error
        this.#entries.push(await ask(error.call, functions, wholeIsInt))
      }
    }
  }

  #next(): unknown {
    return this.#entries[this.#position++]?.()
  }
}

export function isSuspension(error: unknown): boolean {
  return error instanceof Suspension
}

/** The answer, or how the call failed; the provider's own message stays out, since it may hold the payload. */
async function ask(
  call: ExternalCall,
  functions: ExternalFunctions,
  wholeIsInt: boolean,
): Promise<() => SqlValue | never> {
  try {
    const answer = await functions.call(call)
    const value = answer === undefined ? undefined : parseJson(JSON.stringify(answer), wholeIsInt)
    return () => value
  } catch (cause) {
    const reason = `${call.function}: expected an answer, got ${cause instanceof Error ? cause.name : 'a failure'}`
    return () => {
      throw new EvaluationError('EXTERNAL_FUNCTION_FAILED', reason, { cause })
    }
  }
}
