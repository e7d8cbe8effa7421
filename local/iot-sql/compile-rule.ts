import { randomUUID } from 'node:crypto'
import { DEFAULT_CHOICES, type SqlChoices } from './choices.ts'
import { createCompiler } from './evaluation/compile-expression.ts'
import { compileSelect, compileWhere } from './evaluation/compile-query.ts'
import { compileTemplate } from './evaluation/compile-template.ts'
import { compileVariables } from './evaluation/compile-variables.ts'
import type { Compiler } from './evaluation/compiler.ts'
import type { Environment, Evaluate, Settings } from './evaluation/environment.ts'
import { createEvaluator, type VariableMemory } from './evaluation/evaluator.ts'
import { EvaluationError } from './evaluation-error.ts'
import type { ExternalFunctions } from './external/external-call.ts'
import type { RuleMessage } from './message.ts'
import { outputOf, outputOfBytes, type RuleFailure, type RuleOutcome, type RuleOutput } from './rule-outcome.ts'
import { positionAt, Refusal, SqlError, type SqlWarning } from './sql-error.ts'
import { BETA_VERSION, DEFAULT_SQL_VERSION, SECOND_VERSION, SQL_VERSIONS, type SqlVersion } from './sql-version.ts'
import type { Select } from './syntax/ast.ts'
import { createSqlParser, type SqlParser } from './syntax/parse.ts'
import { isArray } from './values/values.ts'

export interface RuleSource {
  readonly sql: string
  /** AwsIotSqlVersion; left out it means 2015-10-08, `beta` means 2016-03-23. */
  readonly version: string | undefined
  readonly ruleName: string
}

export interface CompiledRule {
  /**
   * The FROM clause as written; whether it is a legal topic filter is for the broker to say. Undefined if there is none: the
   * rule is for Basic Ingest only.
   */
  readonly topicFilter: string | undefined
  readonly version: SqlVersion
  /** What AWS would accept and what does not do what it looks like. */
  readonly warnings: readonly SqlWarning[]
  /** The statement calls functions that ask something outside: use `evaluateWith`. */
  readonly asksOutside: boolean
  /** Evaluates the statement for one message, whose topic the caller has matched. Never throws. External functions fail. */
  evaluate(message: RuleMessage): RuleOutcome
  /** As `evaluate`; external functions are answered by the provider. */
  evaluateWith(functions: ExternalFunctions, message: RuleMessage): Promise<RuleOutcome>
  /** Compiles a substitution template of one of the rule's actions. Throws SqlError; the position is that in the template. */
  compileTemplate(template: string): CompiledTemplate
}

export interface CompiledTemplate {
  readonly asksOutside: boolean
  evaluate(message: RuleMessage): TemplateOutcome
  evaluateWith(functions: ExternalFunctions, message: RuleMessage): Promise<TemplateOutcome>
}

export type TemplateOutcome = { readonly outcome: 'text'; readonly text: string } | RuleFailure

export type CompileRule = (source: RuleSource) => CompiledRule

export interface RuleCompilerOptions {
  /** For `newuuid()`; by default random UUIDs. */
  readonly newUuid?: () => string
  /** For `rand()`: at least 0, less than 1. */
  readonly random?: () => number
  /** What the documentation leaves open. */
  readonly choices?: Partial<SqlChoices>
}

/** Makes a compiler with sources of its own for `newuuid()` and `rand()`. Its parser is built with the first statement. */
export function createRuleCompiler(options: RuleCompilerOptions = {}): CompileRule {
  const { newUuid = randomUUID as () => string, random = Math.random } = options
  const choices = { ...DEFAULT_CHOICES, ...options.choices }
  let parser: SqlParser | undefined

  return ({ sql, version, ruleName }) =>
    naming(ruleName, String(sql), () => {
      const sqlVersion = versionOf(version)
      parser ??= createSqlParser()
      const settings = { version: sqlVersion, wholeIsInt: sqlVersion === SECOND_VERSION, choices, newUuid, random }
      return compileStatement(sql, ruleName, parser, settings)
    })
}

/**
 * Compiles the statement of a topic rule. Throws SqlError, and nothing else, for whatever it cannot evaluate.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-reference.html
 */
export const compileRule: CompileRule = createRuleCompiler()

function versionOf(version: string | undefined): SqlVersion {
  if (version === BETA_VERSION) return SECOND_VERSION
  const known = SQL_VERSIONS.find((one) => one === (version ?? DEFAULT_SQL_VERSION))
  if (known !== undefined) return known
  const reason = `expected AwsIotSqlVersion ${[...SQL_VERSIONS, BETA_VERSION].map((one) => `"${one}"`).join(' or ')}, found "${version}"`
  throw new Refusal('UNSUPPORTED_VERSION', 0, reason)
}

function compileStatement(sql: string, ruleName: string, parser: SqlParser, settings: Settings): CompiledRule {
  if (typeof sql !== 'string') throw new Refusal('SYNTAX_ERROR', 0, `expected a statement, found a ${typeof sql}`)
  const { variables, query, topicFilter } = parser.statement(sql)
  const compiler = createCompiler({ text: sql, settings, variables: new Map<string, Evaluate>(), place: 'statement' })
  compileVariables(variables, compiler)
  const where = compileWhere(query.where, compiler)
  const select = compileOutput(query.select, compiler)
  const { asksOutside, calledTooOften } = compiler

  const memory: VariableMemory | undefined = variables.length > 0 ? new WeakMap() : undefined
  const options = { settings, asksOutside, variables: memory }
  const evaluator = createEvaluator<RuleOutcome>(options, (environment) => {
    if (calledTooOften !== undefined) {
      const reason = `${calledTooOften}: called more often than a statement may`
      throw new EvaluationError('EXTERNAL_FUNCTION_FAILED', reason)
    }
    return where(environment) ? select(environment) : { outcome: 'filtered' }
  })
  return {
    ...evaluator,
    topicFilter,
    version: settings.version,
    asksOutside,
    warnings: compiler.warnings
      .toSorted((one, other) => one.offset - other.offset)
      .map(({ code, offset, reason }) => ({ code, reason, ...positionAt(sql, offset) })),
    compileTemplate: (template) =>
      naming(ruleName, template, () => {
        const parts = compileTemplate(template, parser, settings, compiler.variables)
        // a variable of the statement may ask outside
        const templateAsks = parts.asksOutside || asksOutside
        const evaluate = (environment: Environment): TemplateOutcome => ({
          outcome: 'text',
          text: parts.evaluate(environment),
        })
        return { asksOutside: templateAsks, ...createEvaluator({ ...options, asksOutside: templateAsks }, evaluate) }
      }),
  }
}

/** `SELECT *` passes a payload on that is no JSON as it came. */
function compileOutput(select: Select, compiler: Compiler): (environment: Environment) => RuleOutput {
  const evaluate = compileSelect(select, (environment) => environment.json(), compiler)
  if (!isWholePayload(select)) {
    const { version, choices } = compiler.settings
    const hasArrays = version === SECOND_VERSION || choices.arrayOutputInFirstVersion === 'array'
    return (environment) => {
      const value = evaluate(environment)
      return outputOf(isArray(value) && !hasArrays ? undefined : value)
    }
  }
  return (environment) => {
    const json = environment.json()
    return json === undefined ? outputOfBytes(environment.message.payload) : outputOf(json)
  }
}

function isWholePayload(select: Select): boolean {
  if (select.kind === 'value') return select.value.kind === 'wholePayload'
  const [first] = select.items
  return select.items.length === 1 && first?.kind === 'everything' && first.alias === undefined
}

/** A refusal knows an offset only; whoever reads the message wants rule, line and column. */
function naming<Result>(ruleName: string, text: string, compile: () => Result): Result {
  try {
    return compile()
  } catch (error) {
    if (error instanceof RangeError) {
      throw new SqlError('LIMIT_EXCEEDED', ruleName, positionAt(text, 0), 'expected fewer levels of nesting')
    }
    if (!(error instanceof Refusal)) throw error
    throw new SqlError(error.code, ruleName, positionAt(text, error.offset), error.message)
  }
}
