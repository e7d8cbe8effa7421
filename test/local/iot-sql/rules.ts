import { createRuleCompiler, type JsonValue, type RuleMessage, SqlError } from '#local/iot-sql/index.ts'

const VERSION = '2016-03-23'
/** One compiler for all tests of a file: building a parser is what takes time. */
const compileRule = createRuleCompiler({ newUuid: () => '00000000-0000-4000-8000-000000000000', random: () => 0.25 })

export function compile(sql: string, version = VERSION) {
  return compileRule({ sql, version, ruleName: 'test_rule' })
}

export function messageOf(payload: string | Uint8Array | object = {}, rest: Partial<RuleMessage> = {}): RuleMessage {
  const bytes = payload instanceof Uint8Array ? payload : Buffer.from(textOf(payload))
  return { topic: 'jamey/events/status', clientId: 'lamp', timestampMs: 1_700_000_000_000, ...rest, payload: bytes }
}

/** What a rule makes of a message, without the forms of its output that a test does not ask for. */
export function run(sql: string, payload?: string | Uint8Array | object, rest?: Partial<RuleMessage>) {
  const result = compile(sql).evaluate(messageOf(payload, rest))
  return result.outcome === 'fire' ? { outcome: result.outcome, output: result.output } : result
}

/** The value of an expression; undefined when it is Undefined. */
export function resultOf(
  expression: string,
  payload?: string | object,
  rest?: Partial<RuleMessage>,
): JsonValue | undefined {
  const result = run(`SELECT ${expression} AS v FROM 't'`, payload, rest)
  if (result.outcome !== 'fire') throw new Error(JSON.stringify(result))
  return (result.output as { v?: JsonValue }).v
}

/** The refusal of a statement. */
export function refusalOf(sql: string, version: string | undefined = VERSION): SqlError {
  try {
    compileRule({ sql, version, ruleName: 'test_rule' })
  } catch (error) {
    if (error instanceof SqlError) return error
    throw error
  }
  throw new Error(`the statement was accepted: ${sql}`)
}

function textOf(payload: string | object): string {
  return typeof payload === 'string' ? payload : JSON.stringify(payload)
}
