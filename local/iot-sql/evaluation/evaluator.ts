import { EvaluationError } from '../evaluation-error.ts'
import type { ExternalFunctions } from '../external/external-call.ts'
import type { RuleMessage } from '../message.ts'
import type { RuleFailure } from '../rule-outcome.ts'
import { Environment, type Settings } from './environment.ts'
import { startBudget } from './limits.ts'
import { isSuspension, Tape } from './tape.ts'

/** What compiled statements and templates do for a message. */
export interface Evaluator<Outcome> {
  evaluate(message: RuleMessage): Outcome | RuleFailure
  evaluateWith(functions: ExternalFunctions, message: RuleMessage): Promise<Outcome | RuleFailure>
}

export interface EvaluatorOptions {
  readonly settings: Settings
  readonly asksOutside: boolean
  /** Variables of SET by message: a statement and its templates evaluate them once for the same message object. */
  readonly variables: VariableMemory | undefined
}

export type VariableMemory = WeakMap<RuleMessage, Environment['variables']>

export function createEvaluator<Outcome>(
  { settings, asksOutside, variables }: EvaluatorOptions,
  evaluate: (environment: Environment) => Outcome,
): Evaluator<Outcome> {
  const run = (message: RuleMessage, tape: Tape | undefined): Outcome | RuleFailure => {
    try {
      startBudget()
      const environment = new Environment(message, settings, tape)
      environment.variables.push(...(variables?.get(message) ?? []))
      const outcome = evaluate(environment)
      variables?.set(message, environment.variables)
      return outcome
    } catch (error) {
      if (isSuspension(error)) throw error
      return failureOf(error)
    }
  }
  return {
    evaluate: (message) => run(message, undefined),
    async evaluateWith(functions, message) {
      if (!asksOutside) return run(message, undefined)
      const tape = new Tape()
      return tape.run(() => run(message, tape), functions, settings.wholeIsInt)
    },
  }
}

/** Anything but our own error may hold a piece of the payload in its message. */
function failureOf(error: unknown): RuleFailure {
  if (error instanceof EvaluationError) return { outcome: 'error', code: error.code, message: error.message }
  const name = error instanceof Error ? error.name : typeof error
  return { outcome: 'error', code: 'EVALUATION_FAILED', message: `the statement could not be evaluated: ${name}` }
}
