import { describe, expect, test } from 'vitest'
import { matchesTopic } from '#contract/index.ts'
import { createRuleCompiler, type ExternalFunctions, SQL_PARITY, SqlError } from '#local/iot-sql/index.ts'
import { CLAUSES } from './documented/clauses.ts'
import { type DocumentedStatement, type Page, TYPES } from './documented/documented-case.ts'
import { EXTERNAL } from './documented/external.ts'
import { FUNCTIONS } from './documented/functions.ts'
import { DATA_TYPES, NUMBERS } from './documented/numbers.ts'
import { OPERATORS } from './documented/operators.ts'
import { TEXTS } from './documented/texts.ts'
import { compile, messageOf, resultOf } from './rules.ts'

const PAGES: readonly Page[] = [...CLAUSES, OPERATORS, DATA_TYPES, NUMBERS, TEXTS, FUNCTIONS, EXTERNAL]
const RAW = 'raw:'

const count = (page: Page) => (page.expressions?.length ?? 0) + (page.statements?.length ?? 0)

test('every page has cases', () => {
  expect(PAGES.map(count)).not.toContain(0)
  expect(PAGES.reduce((sum, page) => sum + count(page), 0)).toBeGreaterThan(450)
})

test('what differs from its page is said, and does differ', () => {
  const differing = PAGES.flatMap(({ statements = [] }) => statements).filter(({ differs }) => differs !== undefined)

  expect(differing.map(({ differs }) => differs?.why)).toEqual([expect.stringContaining('Int by Int is Int')])
  for (const { output, differs } of differing) expect(output).not.toEqual(differs?.page)
  expect(SQL_PARITY.find(({ name }) => name === 'SET')?.note).toContain('23.89')
  // no reading of the operator gives the page's two digits
  const decimal = createRuleCompiler({ choices: { intByInt: 'decimal' } })
  const rule = decimal({ sql: "SELECT 215 / 9 AS v FROM 't'", version: '2016-03-23', ruleName: 'r' })
  expect(rule.evaluate(messageOf())).toMatchObject({ text: `{"v":23.${'8'.repeat(31)}9}` })
})

describe.each(PAGES)('$source', ({ expressions = [], statements = [] }) => {
  if (expressions.length > 0) {
    test.each(expressions)('%s is %j', (expression, expected) => {
      expect(resultOf(expression, TYPES)).toEqual(expected)
    })
  }
  if (statements.length > 0) {
    test.each(statements)('$sql', async (statement) => {
      expect(await outcomeOf(statement)).toEqual({
        outcome: statement.outcome ?? 'fire',
        output: statement.output,
        templates: statement.templates,
      })
    })
  }
})

async function outcomeOf({ sql, version, topic, payload, message, stubs = {}, templates }: DocumentedStatement) {
  try {
    const rule = compile(sql, version)
    if (topic !== undefined && !matchesTopic(rule.topicFilter ?? '', topic)) return { outcome: 'no_match' }
    const functions: ExternalFunctions = {
      async call({ function: name }) {
        if (stubs[name] === undefined || stubs[name] === 'fails') throw new Error(name)
        return stubs[name]
      },
    }
    const isRaw = typeof payload === 'string' && payload.startsWith(RAW)
    const text = isRaw ? payload.slice(RAW.length) : JSON.stringify(payload ?? {})
    const published = messageOf(text, { ...(topic !== undefined && { topic }), ...message })
    const result = await rule.evaluateWith(functions, published)
    if (result.outcome !== 'fire') return { outcome: result.outcome }
    const texts: Record<string, string> = {}
    for (const template of Object.keys(templates ?? {})) {
      const made = await rule.compileTemplate(template).evaluateWith(functions, published)
      texts[template] = made.outcome === 'text' ? made.text : made.code
    }
    return { outcome: 'fire', output: result.output, templates: templates && texts }
  } catch (error) {
    if (error instanceof SqlError) return { outcome: 'refused' }
    throw error
  }
}
