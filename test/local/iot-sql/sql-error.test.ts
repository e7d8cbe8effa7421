import { describe, expect, test } from 'vitest'
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
    ]

    expect(
      statements.map((sql) => refusalOf(sql)).map(({ code, message }) => `${code} ${message}`),
    ).toMatchInlineSnapshot(`
      [
        "SYNTAX_ERROR rule "test_rule", line 1, column 1: expected SELECT, found the end of the statement",
        "SYNTAX_ERROR rule "test_rule", line 1, column 7: expected * or an expression, found the end of the statement",
        "SYNTAX_ERROR rule "test_rule", line 1, column 8: expected * or an expression, found ,",
        "SYNTAX_ERROR rule "test_rule", line 1, column 10: expected FROM, found b",
        "SYNTAX_ERROR rule "test_rule", line 1, column 15: expected a text in quotes, found t",
        "SYNTAX_ERROR rule "test_rule", line 2, column 6: expected a name, found select",
        "SYNTAX_ERROR rule "test_rule", line 1, column 10: expected a field name, found 1",
        "SYNTAX_ERROR rule "test_rule", line 1, column 11: expected ")", found FROM",
        "SYNTAX_ERROR rule "test_rule", line 1, column 16: expected * or an expression, found )",
        "SYNTAX_ERROR rule "test_rule", line 1, column 16: expected ")", found b",
        "SYNTAX_ERROR rule "test_rule", line 1, column 24: expected an expression, found the end of the statement",
        "SYNTAX_ERROR rule "test_rule", line 2, column 13: expected parentheses around one comparison of another, found <",
        "SYNTAX_ERROR rule "test_rule", line 1, column 27: expected a sign of the language, found "!"",
        "SYNTAX_ERROR rule "test_rule", line 1, column 19: expected an operator, WHERE or the end of the statement, found GROUP",
        "SYNTAX_ERROR rule "test_rule", line 1, column 8: expected a closing ', found the end of the statement",
      ]
    `)
  })

  test('tells what the language has and this engine has not from what the language has not', () => {
    const statements = [
      "SET @a = 1 SELECT @a FROM 't'",
      "SELECT @a AS b FROM 't'",
      "SELECT VALUE a FROM 't'",
      "SELECT VALUE * FROM 't'",
      "SELECT CASE a WHEN 1 THEN 2 END AS b FROM 't'",
      "SELECT (SELECT b FROM a) AS c FROM 't'",
      "SELECT * FROM 't' WHERE EXISTS (SELECT 1 FROM a)",
      "SELECT * FROM 't' WHERE a IN b",
      "SELECT {'a': 1} AS b FROM 't'",
      "SELECT [1, 2] AS b FROM 't'",
      "SELECT a AS b.c FROM 't'",
      'SELECT *',
      "SELECT Get(a, 0) AS b FROM 't'",
      "SELECT gett(a, 0) AS b FROM 't'",
      "SELECT constructor() AS b FROM 't'",
    ]

    expect(
      statements.map((sql) => refusalOf(sql)).map(({ code, message }) => `${code} ${message}`),
    ).toMatchInlineSnapshot(`
      [
        "NOT_SUPPORTED rule "test_rule", line 1, column 1: SET is not supported yet by the local runtime",
        "NOT_SUPPORTED rule "test_rule", line 1, column 8: a variable is not supported yet by the local runtime",
        "NOT_SUPPORTED rule "test_rule", line 1, column 8: SELECT VALUE is not supported yet by the local runtime",
        "NOT_SUPPORTED rule "test_rule", line 1, column 8: SELECT VALUE is not supported yet by the local runtime",
        "NOT_SUPPORTED rule "test_rule", line 1, column 8: CASE is not supported yet by the local runtime",
        "NOT_SUPPORTED rule "test_rule", line 1, column 9: a nested SELECT is not supported yet by the local runtime",
        "NOT_SUPPORTED rule "test_rule", line 1, column 25: EXISTS is not supported yet by the local runtime",
        "NOT_SUPPORTED rule "test_rule", line 1, column 27: IN is not supported yet by the local runtime",
        "NOT_SUPPORTED rule "test_rule", line 1, column 8: an object literal is not supported yet by the local runtime",
        "NOT_SUPPORTED rule "test_rule", line 1, column 8: an array literal is not supported yet by the local runtime",
        "NOT_SUPPORTED rule "test_rule", line 1, column 13: a dotted alias is not supported yet by the local runtime",
        "NOT_SUPPORTED rule "test_rule", line 1, column 1: a statement without FROM is not supported yet by the local runtime",
        "NOT_SUPPORTED rule "test_rule", line 1, column 8: the function Get is not supported yet by the local runtime",
        "UNKNOWN_FUNCTION rule "test_rule", line 1, column 8: expected a function of the language, found gett",
        "UNKNOWN_FUNCTION rule "test_rule", line 1, column 8: expected a function of the language, found constructor",
      ]
    `)
  })

  test('names the function whose arguments are wrong', () => {
    const statements = [
      "SELECT lower() AS b FROM 't'",
      "SELECT topic(1, 2) AS b FROM 't'",
      "SELECT newuuid(a) AS b FROM 't'",
      "SELECT a FROM 't' WHERE startswith(a)",
      "SELECT encode(*, 'base46') AS b FROM 't'",
      "SELECT lower(*) AS b FROM 't'",
      "SELECT encode(a, *) AS b FROM 't'",
      "SELECT topic() FROM 't'",
      "SELECT a, a + 1 FROM 't'",
      "SELECT 1e1000 AS a FROM 't'",
    ]

    expect(
      statements.map((sql) => refusalOf(sql)).map(({ code, message }) => `${code} ${message}`),
    ).toMatchInlineSnapshot(`
      [
        "ARGUMENT_COUNT rule "test_rule", line 1, column 8: lower: expected 1 argument, found 0",
        "ARGUMENT_COUNT rule "test_rule", line 1, column 8: topic: expected 0 to 1 arguments, found 2",
        "ARGUMENT_COUNT rule "test_rule", line 1, column 8: newuuid: expected 0 arguments, found 1",
        "ARGUMENT_COUNT rule "test_rule", line 1, column 25: startswith: expected 2 arguments, found 1",
        "INVALID_ARGUMENT rule "test_rule", line 1, column 8: encode: expected the encoding 'base64', found "base46"",
        "INVALID_ARGUMENT rule "test_rule", line 1, column 14: lower: expected an expression here, found *",
        "INVALID_ARGUMENT rule "test_rule", line 1, column 18: encode: expected an expression here, found *",
        "ALIAS_REQUIRED rule "test_rule", line 1, column 8: expected AS and a name after an expression that is no field, found none",
        "ALIAS_REQUIRED rule "test_rule", line 1, column 11: expected AS and a name after an expression that is no field, found none",
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

test('statements beyond the limits are refused, those within are not', () => {
  const nested = (depth: number) => `SELECT ${'('.repeat(depth)}a${')'.repeat(depth)} AS b FROM 't'`
  const chained = (count: number) => `SELECT ${'1 + '.repeat(count)}1 AS b FROM 't'`

  expect(() => refusalOf(nested(50))).toThrow('accepted')
  expect(refusalOf(nested(51))).toMatchObject({ code: 'LIMIT_EXCEEDED', column: 58 })
  expect(() => refusalOf(chained(1990))).toThrow('accepted')
  expect(refusalOf(chained(2000))).toMatchObject({ code: 'LIMIT_EXCEEDED' })
  expect(refusalOf(`SELECT '${'x'.repeat(128 * 1024)}' AS a FROM 't'`)).toMatchObject({ code: 'LIMIT_EXCEEDED' })
})
