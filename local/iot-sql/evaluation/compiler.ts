import { type ExternalFunctionName, MAX_CALLS_PER_STATEMENT } from '../external/external-call.ts'
import { Refusal, type SqlWarning } from '../sql-error.ts'
import { SECOND_VERSION, type SqlVersion } from '../sql-version.ts'
import type { BinaryOperator, Expression } from '../syntax/ast.ts'
import type { Evaluate, Settings } from './environment.ts'
import { type Binary, binaryOperators } from './operators.ts'

/** Something that AWS accepts and that does not do what it looks like. */
export interface Warning {
  readonly code: SqlWarning['code']
  readonly offset: number
  readonly reason: string
}

type CompileExpression = (expression: Expression, compiler: Compiler) => Evaluate

/** What the compilation of one text knows and finds out. */
export class Compiler {
  /** A statement, or the expression of a template: items without alias are named by it. */
  readonly text: string
  readonly settings: Settings
  readonly place: 'statement' | 'template'
  readonly operators: Readonly<Record<BinaryOperator, Binary>>
  /** By name with the @. Those of a statement are known to its templates. */
  readonly variables: Map<string, Evaluate>
  /** The alias of each nested query around, outermost first. */
  readonly aliases: (string | undefined)[] = []
  readonly warnings: Warning[] = []
  /** How many expressions were compiled: what the evaluation of an element costs. */
  expressionCount = 0
  /** Set while the default of `get_or_default` is compiled. */
  isInDefault = false
  readonly #compileExpression: CompileExpression
  readonly #externalCalls = new Map<ExternalFunctionName, number>()

  constructor(
    compileExpression: CompileExpression,
    source: Pick<Compiler, 'text' | 'settings' | 'variables' | 'place'>,
  ) {
    const { text, settings, variables, place } = source
    this.#compileExpression = compileExpression
    this.text = text
    this.settings = settings
    this.place = place
    this.variables = variables
    this.operators = binaryOperators(settings.choices.intByInt)
  }

  /** Turns an expression into a function. Throws Refusal for what cannot be evaluated. */
  compile(expression: Expression): Evaluate {
    this.expressionCount += 1
    return this.#compileExpression(expression, this)
  }

  get asksOutside(): boolean {
    return this.#externalCalls.size > 0
  }

  /** The function that the statement calls more often than allowed. */
  get calledTooOften(): ExternalFunctionName | undefined {
    return [...this.#externalCalls].find(([name, count]) => count > (MAX_CALLS_PER_STATEMENT[name] ?? count))?.[0]
  }

  countExternalCall(name: ExternalFunctionName, offset: number): void {
    if (this.isInDefault) {
      const reason = `get_or_default: expected a default that asks nothing outside, found ${name}`
      throw new Refusal('INVALID_ARGUMENT', offset, reason)
    }
    const count = (this.#externalCalls.get(name) ?? 0) + 1
    this.#externalCalls.set(name, count)
    const most = MAX_CALLS_PER_STATEMENT[name] ?? count
    if (count > most) {
      const reason = `${name}: expected at most ${most} in a statement, found ${count}: the rule ends without its actions`
      this.warnings.push({ code: 'EXTERNAL_CALLS', offset, reason })
    }
  }

  /** Refuses what the rule's version does not have. */
  need(version: SqlVersion | undefined, what: string, offset: number): void {
    if (version !== SECOND_VERSION || this.settings.version === SECOND_VERSION) return
    const reason = `expected AwsIotSqlVersion "${version}" for ${what}, found "${this.settings.version}"`
    throw new Refusal('NOT_IN_VERSION', offset, reason)
  }
}
