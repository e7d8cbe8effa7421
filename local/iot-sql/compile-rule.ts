import { randomUUID } from 'node:crypto'
import type { SelectItem } from './ast.ts'
import { compileExpression, type Environment, type Evaluate } from './compile-expression.ts'
import { EvaluationError, type EvaluationErrorCode } from './evaluation-error.ts'
import type { RuleMessage } from './message.ts'
import { createStatementParser, type ParseStatement } from './parse.ts'
import { parsePayload } from './payload.ts'
import { positionAt, Refusal, SqlError } from './sql-error.ts'
import { SQL_VERSION } from './sql-version.ts'
import { isObject, type JsonValue, type SqlJson, toBoolean, toJson } from './values.ts'

export interface RuleSource {
  readonly sql: string
  /** AwsIotSqlVersion; left out it means 2015-10-08, which this engine does not speak. */
  readonly version: string | undefined
  readonly ruleName: string
}

export type RuleOutcome =
  /** The actions run, with this output. */
  | { readonly outcome: 'fire'; readonly output: JsonValue }
  /** WHERE is not true. */
  | { readonly outcome: 'filtered' }
  /** No action runs, and the error action does not either: it is for failed actions. */
  | { readonly outcome: 'error'; readonly code: EvaluationErrorCode; readonly message: string }

export interface CompiledRule {
  /** The FROM clause as written; whether it is a legal topic filter is for the broker to say. */
  readonly topicFilter: string
  /** Evaluates the statement for one message, whose topic the caller has matched. Never throws. */
  evaluate(message: RuleMessage): RuleOutcome
}

export type CompileRule = (source: RuleSource) => CompiledRule

/**
 * Makes a compiler with an id source of its own for `newuuid()`, by default random UUIDs. Its parser is built with the first
 * statement.
 */
export function createRuleCompiler({ newUuid = randomUUID as () => string } = {}): CompileRule {
  let parse: ParseStatement | undefined

  return (source) => {
    try {
      checkVersion(source.version)
      parse ??= createStatementParser()
      return compileStatement(source.sql, parse, newUuid)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      throw new SqlError(error.code, source.ruleName, positionAt(String(source.sql), error.offset), error.message)
    }
  }
}

/**
 * Compiles the statement of a topic rule. Throws SqlError, and nothing else, for whatever it cannot evaluate.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-reference.html
 */
export const compileRule: CompileRule = createRuleCompiler()

function checkVersion(version: string | undefined): void {
  if (version === SQL_VERSION) return
  const found = version === undefined ? 'none, which means "2015-10-08"' : JSON.stringify(version)
  throw new Refusal('UNSUPPORTED_VERSION', 0, `expected AwsIotSqlVersion "${SQL_VERSION}", found ${found}`)
}

function compileStatement(sql: string, parse: ParseStatement, newUuid: () => string): CompiledRule {
  if (typeof sql !== 'string') throw new Refusal('SYNTAX_ERROR', 0, `expected a statement, found a ${typeof sql}`)
  const statement = parse(sql)
  const where = statement.where === undefined ? undefined : compileExpression(statement.where)
  const select = compileSelect(statement.items)

  return {
    topicFilter: statement.topicFilter,
    evaluate(message) {
      try {
        const environment = createEnvironment(message, newUuid)
        if (where !== undefined && toBoolean(where(environment)) !== true) return { outcome: 'filtered' }
        return { outcome: 'fire', output: select(environment) }
      } catch (error) {
        if (error instanceof EvaluationError) return { outcome: 'error', code: error.code, message: error.message }
        const name = error instanceof Error ? error.name : typeof error
        return { outcome: 'error', code: 'EVALUATION_FAILED', message: `the statement could not be evaluated: ${name}` }
      }
    },
  }
}

function createEnvironment(message: RuleMessage, newUuid: () => string): Environment {
  let parsed: { readonly json: SqlJson } | undefined
  return {
    message,
    newUuid,
    json() {
      parsed ??= { json: parsePayload(message.payload) }
      return parsed.json
    },
  }
}

/** Members of the output, later ones replacing earlier ones of the same name. */
type Contribute = (environment: Environment) => Iterable<readonly [name: string, value: JsonValue]>

function compileSelect(items: readonly SelectItem[]): (environment: Environment) => JsonValue {
  const [first] = items
  if (items.length === 1 && first?.kind === 'everything') return (environment) => toJson(environment.json())
  const contributions = items.map(compileItem)
  // Object.fromEntries defines members even when one is named __proto__.
  return (environment) => Object.fromEntries(contributions.flatMap((contribute) => [...contribute(environment)]))
}

function compileItem(item: SelectItem): Contribute {
  if (item.kind === 'everything') return everyMember
  const name = nameOf(item)
  const evaluate: Evaluate = compileExpression(item.expression)
  return (environment) => {
    const value = evaluate(environment)
    return value === undefined ? [] : [[name, toJson(value)]]
  }
}

function everyMember(environment: Environment): [string, JsonValue][] {
  const json = environment.json()
  if (isObject(json)) return Object.entries(json).map(([name, value]) => [name, toJson(value)])
  throw new EvaluationError(
    'NOT_AN_OBJECT',
    'expected a JSON object, since the statement adds items to *, got another value',
  )
}

/** The alias, or the last name of a path. What other expressions are called is documented nowhere, so they need one. */
function nameOf({ alias, expression, offset }: Extract<SelectItem, { kind: 'item' }>): string {
  if (alias !== undefined) return alias
  const last = expression.kind === 'path' ? expression.names.at(-1) : undefined
  if (last !== undefined) return last
  throw new Refusal('ALIAS_REQUIRED', offset, 'expected AS and a name after an expression that is no field, found none')
}
