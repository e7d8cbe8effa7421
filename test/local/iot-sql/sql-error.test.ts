import { describe, expect, test } from 'vitest'
import { createRuleCompiler } from '#local/iot-sql/index.ts'
import { refusalOf } from './rules.ts'

describe('the message of a refusal', () => {
  test('names rule, position, what was expected and what was found', () => {
    const statements = [
      '',
      'SELECT',
      "SELECT , FROM 't'",
      "SELECT a b FROM 't'",
      'SELECT * FROM t',
      "SELECT a\n  AS select\nFROM 't'",
      "SELECT a.1 FROM 't'",
      "SELECT (a FROM 't'",
      "SELECT lower(a,) FROM 't'",
      "SELECT lower(a b) FROM 't'",
      "SELECT a FROM 't' WHERE",
      "SELECT a FROM 't'\r\nWHERE a < b < c",
      "SELECT a FROM 't' WHERE a ! b",
      "SELECT a FROM 't' GROUP BY a",
      "SELECT 'a FROM t",
      "SELECT lower(a AS Int) FROM 't'",
      "SELECT cast(* AS Int) FROM 't'",
      "SELECT VALUE a, b FROM 't'",
      "SELECT VALUE a AS b FROM 't'",
      "SELECT CASE a ELSE 1 END FROM 't'",
      "SELECT {a: 1} FROM 't'",
      "SELECT (SELECT a) FROM 't'",
      "SELECT a FROM 't' WHERE EXISTS (a)",
      "SET a = 1 SELECT a FROM 't'",
    ]

    expect(
      statements.map((sql) => refusalOf(sql)).map(({ code, message }) => `${code} ${message}`),
    ).toMatchInlineSnapshot(`
      [
        "SYNTAX_ERROR rule "test_rule", line 1, column 1: expected SELECT, found the end",
        "SYNTAX_ERROR rule "test_rule", line 1, column 7: expected * or an expression, found the end",
        "SYNTAX_ERROR rule "test_rule", line 1, column 8: expected * or an expression, found ,",
        "SYNTAX_ERROR rule "test_rule", line 1, column 10: expected an operator, a clause or the end, found b",
        "SYNTAX_ERROR rule "test_rule", line 1, column 15: expected a text in quotes, found t",
        "SYNTAX_ERROR rule "test_rule", line 2, column 6: expected a name, found select",
        "SYNTAX_ERROR rule "test_rule", line 1, column 10: expected a field name, found 1",
        "SYNTAX_ERROR rule "test_rule", line 1, column 11: expected ")", found FROM",
        "SYNTAX_ERROR rule "test_rule", line 1, column 16: expected * or an expression, found )",
        "SYNTAX_ERROR rule "test_rule", line 1, column 16: expected ")", found b",
        "SYNTAX_ERROR rule "test_rule", line 1, column 24: expected an expression, found the end",
        "SYNTAX_ERROR rule "test_rule", line 2, column 13: expected parentheses around one comparison of another, found <",
        "SYNTAX_ERROR rule "test_rule", line 1, column 27: expected a sign of the language, found "!"",
        "SYNTAX_ERROR rule "test_rule", line 1, column 19: expected an operator, a clause or the end, found GROUP",
        "SYNTAX_ERROR rule "test_rule", line 1, column 8: expected a closing ', found the end",
        "SYNTAX_ERROR rule "test_rule", line 1, column 16: expected ")", found AS",
        "SYNTAX_ERROR rule "test_rule", line 1, column 15: expected ")", found AS",
        "SYNTAX_ERROR rule "test_rule", line 1, column 17: expected one item without alias after VALUE, found more",
        "SYNTAX_ERROR rule "test_rule", line 1, column 14: expected one item without alias after VALUE, found more",
        "SYNTAX_ERROR rule "test_rule", line 1, column 15: expected WHEN, found ELSE",
        "SYNTAX_ERROR rule "test_rule", line 1, column 9: expected "}", found a",
        "SYNTAX_ERROR rule "test_rule", line 1, column 17: expected FROM, found )",
        "SYNTAX_ERROR rule "test_rule", line 1, column 33: expected SELECT, found a",
        "SYNTAX_ERROR rule "test_rule", line 1, column 5: expected a variable, found a",
      ]
    `)
  })

  test('names the function whose arguments are wrong', () => {
    const statements = [
      "SELECT gett(a, 0) AS b FROM 't'",
      "SELECT constructor() AS b FROM 't'",
      "SELECT cast(a AS Float) AS b FROM 't'",
      "SELECT decode(a, 'hex') AS b FROM 't'",
      "SELECT decode(a, 'proto') AS b FROM 't'",
      "SET @m = 'enrichArray' SELECT transform(@m, a, b) AS c FROM 't'",
      "SET @r = 'role' SELECT get_thing_shadow('t', @r) AS c FROM 't'",
      "SELECT get_or_default(a, aws_lambda('f', {})) AS b FROM 't'",
      "SELECT @a FROM 't'",
      "SET @a = @b, @b = 1 SELECT 1 FROM 't'",
      "SET @a = 1, @a = 2 SELECT 1 FROM 't'",
      "SELECT encode(*, 'base46') AS b FROM 't'",
      "SELECT lower(*) AS b FROM 't'",
      "SELECT encode(a, *) AS b FROM 't'",
      "SELECT 1e1000 AS a FROM 't'",
    ]

    expect(
      statements.map((sql) => refusalOf(sql)).map(({ code, message }) => `${code} ${message}`),
    ).toMatchInlineSnapshot(`
      [
        "UNKNOWN_FUNCTION rule "test_rule", line 1, column 8: expected a function of the language, found gett",
        "UNKNOWN_FUNCTION rule "test_rule", line 1, column 8: expected a function of the language, found constructor",
        "INVALID_ARGUMENT rule "test_rule", line 1, column 8: cast: expected one of string, nvarchar, text, ntext, varchar, int, integer, double, decimal, bool, boolean, found Float",
        "INVALID_ARGUMENT rule "test_rule", line 1, column 8: decode: expected the scheme 'base64' or 'proto', found "hex"",
        "INVALID_ARGUMENT rule "test_rule", line 1, column 8: decode: expected 6 arguments, found 2",
        "INVALID_ARGUMENT rule "test_rule", line 1, column 31: transform: expected the mode as a text, found @m",
        "INVALID_ARGUMENT rule "test_rule", line 1, column 24: get_thing_shadow: expected the role as a text, found @r",
        "INVALID_ARGUMENT rule "test_rule", line 1, column 26: get_or_default: expected a default that asks nothing outside, found aws_lambda",
        "UNKNOWN_VARIABLE rule "test_rule", line 1, column 8: expected a variable that SET has defined before, found @a",
        "UNKNOWN_VARIABLE rule "test_rule", line 1, column 10: expected a variable that SET has defined before, found @b",
        "DUPLICATE_VARIABLE rule "test_rule", line 1, column 13: expected every variable to be set once, found @a again",
        "INVALID_ARGUMENT rule "test_rule", line 1, column 8: encode: expected the scheme 'base64', found "base46"",
        "INVALID_ARGUMENT rule "test_rule", line 1, column 14: lower: expected an expression here, found *",
        "INVALID_ARGUMENT rule "test_rule", line 1, column 18: encode: expected an expression here, found *",
        "NUMBER_OUT_OF_RANGE rule "test_rule", line 1, column 8: expected a number up to 9.99E999, found 1e1000",
      ]
    `)
  })

  test('is found on the error too, as code, rule, line and column', () => {
    expect(refusalOf("SELECT *\nFROM 't'\nWHERE nope(a)")).toMatchObject({
      code: 'UNKNOWN_FUNCTION',
      rule: 'test_rule',
      line: 3,
      column: 7,
    })
  })
})

test('a choice may refuse items without a name', () => {
  const compileStrictly = createRuleCompiler({ choices: { itemWithoutName: 'refused' } })
  const source = { sql: "SELECT a, topic() FROM 't'", version: '2016-03-23', ruleName: 'r' }

  expect(() => compileStrictly(source)).toThrow(expect.objectContaining({ code: 'ALIAS_REQUIRED', column: 11 }))
})

test('statements beyond the limits are refused, those within are not', () => {
  const nested = (depth: number) => `SELECT ${'('.repeat(depth)}a${')'.repeat(depth)} AS b FROM 't'`
  const chained = (count: number) => `SELECT ${'1 + '.repeat(count)}1 AS b FROM 't'`

  expect(() => refusalOf(nested(50))).toThrow('accepted')
  expect(refusalOf(nested(51))).toMatchObject({ code: 'LIMIT_EXCEEDED', column: 58 })
  expect(() => refusalOf(chained(1990))).toThrow('accepted')
  expect(refusalOf(chained(2000))).toMatchObject({ code: 'LIMIT_EXCEEDED' })
  expect(refusalOf(`SELECT '${'x'.repeat(128 * 1024)}' AS a FROM 't'`)).toMatchObject({ code: 'LIMIT_EXCEEDED' })
})
