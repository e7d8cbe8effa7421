import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileRule, SqlError } from '#local/iot-sql/index.ts'
import type { Statement } from '../../../local/iot-sql/syntax/ast.ts'
import { createSqlParser } from '../../../local/iot-sql/syntax/parse.ts'
import { arbitraryStatement } from './arbitrary-statement.ts'
import { printStatement } from './print.ts'
import { messageOf } from './rules.ts'

const parser = createSqlParser()
const WORDS =
  `SELECT * FROM WHERE AS AND OR NOT IN EXISTS CASE WHEN THEN ELSE END SET VALUE ( ) , . : = <> < - + * / % 't' "u" 'x a b.c 1
  1e999 1e1000 @v { } [ ] topic( encode( encode(* 'base64') lower(a) concat() regexp_replace(a,'(a*)*','$1') cast(a get( true null \n ; é
  (SELECT VALUE transform('enrichArray', get_or_default( parse_time('yyyy', time_to_epoch(`.split(/\s+/)

function withoutOffsets(statement: Statement): unknown {
  return JSON.parse(
    JSON.stringify(statement, (key, value: unknown) => (/^(?:endO|o)ffset$/.test(key) ? undefined : value)),
  )
}

describe('the parser', () => {
  test('has a grammar without ambiguities', () => {
    expect(() => createSqlParser({ checksGrammar: true })).not.toThrow()
  })

  test('reads back every statement that is printed', () => {
    let parsed = 0
    fc.assert(
      fc.property(arbitraryStatement, (given) => {
        const sql = printStatement(given)
        // the limits of nesting, and the one ambiguity of the language: `VALUE -a` is read as a field minus another
        fc.pre(sql.split(/[([{]|CASE/).length < 45 && !/VALUE - /.test(sql))
        parsed++
        expect(withoutOffsets(parser.statement(sql))).toEqual(withoutOffsets(given))
      }),
      { numRuns: 1000 },
    )
    expect(parsed).toBeGreaterThan(500)
  })

  test.each([
    ['SELECT value', 'items'],
    ['SELECT value, a', 'items'],
    ['SELECT value AS a', 'items'],
    ['SELECT value.a', 'items'],
    ['SELECT value = 1', 'items'],
    ['SELECT value - 1', 'items'],
    ["SELECT value * 2 FROM 't'", 'items'],
    ["SELECT VALUE * FROM 't'", 'value'],
    ['SELECT VALUE a', 'value'],
    ['SELECT VALUE (a)', 'value'],
    ['SELECT VALUE [a]', 'value'],
    ["SELECT VALUE 'a'", 'value'],
    ['SELECT VALUE value', 'value'],
  ])('reads %s as %s', (sql, kind) => {
    expect(parser.statement(sql).query.select.kind).toBe(kind)
  })

  test('and compiler let nothing but SqlError escape, and evaluation nothing at all', () => {
    const soup = fc.array(fc.constantFrom(...WORDS), { maxLength: 14 }).map((list) => list.join(' '))
    const near = fc.tuple(soup, soup).map(([select, where]) => `SELECT ${select} FROM 't' WHERE ${where}`)
    const printed = arbitraryStatement.map(printStatement)
    const payload = fc.oneof(fc.json(), fc.string(), fc.constant('{"a":1,"b":{"c":"1e5"},"_x":[{"a":2},3]}'))
    let compiled = 0
    fc.assert(
      fc.property(fc.oneof(fc.string(), soup, near, printed), payload, (sql, text) => {
        try {
          const rule = compileRule({ sql, version: '2016-03-23', ruleName: 'random' })
          compiled++
          expect(['fire', 'filtered', 'error']).toContain(rule.evaluate(messageOf(text)).outcome)
        } catch (error) {
          expect(error).toBeInstanceOf(SqlError)
        }
      }),
      { numRuns: 3000 },
    )
    expect(compiled).toBeGreaterThan(50)
  })

  test('ends for statements of 8 KB, whatever they hold', () => {
    const words = fc.array(fc.constantFrom(...WORDS), { minLength: 1500, maxLength: 2000 })
    fc.assert(
      fc.property(words, (list) => {
        const sql = list.join(' ').slice(0, 8192)
        expect(() => compileRule({ sql: `SELECT ${sql}`, version: '2016-03-23', ruleName: 'random' })).toThrow(SqlError)
      }),
      { numRuns: 100 },
    )
  })
})
