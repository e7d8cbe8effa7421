import { describe, expect, test } from 'vitest'
import { compile, messageOf, resultOf, run } from './rules.ts'

const PAYLOAD = {
  i: 7,
  d: 2.5,
  s: 'x',
  n: '4',
  t: 'True',
  b: true,
  z: null,
  a: [1, 'x'],
  a2: [1.0, 'x'],
  o: { p: 1, q: [2] },
  o2: { q: [2], p: 1 },
}
const U = undefined

describe('an operator', () => {
  test.each([
    // logical
    ['b AND t', true],
    ["b AND 'false'", false],
    ['b OR s', U],
    ['b OR missing', U],
    ['b AND z', U],
    ['i AND b', U],
    ['NOT b', false],
    ["NOT 'FALSE'", true],
    ['NOT i', U],
    ['NOT missing', U],
    ['NOT NOT b', true],
    // order
    ['i > 6.9', true],
    ['n < i', true],
    ['d >= n', false],
    ["'1e1' > 9", true],
    ["'x' > 1", U],
    ['b > 0', U],
    ['z < 1', U],
    ['missing < 1', U],
    ['a > 1', U],
    ["'10' > '9'", true],
    // equality
    ['i = 7.0', true],
    ['i = 7.5', false],
    ['n = 4', false],
    ['n <> 4', true],
    ["s = 'x'", true],
    ["s = 'X'", false],
    ['b = true', true],
    ["b = 'true'", false],
    ['z = null', true],
    ['z <> null', false],
    ['z = 0', false],
    ['z <> i', true],
    ['missing = 1', U],
    ['missing <> 1', U],
    ['missing = missing', U],
    ['a = a2', true],
    ['a <> a2', false],
    ['a = o', false],
    ['o = o2', true],
    ['a <> i', true],
    ['o = z', false],
    // sum and text
    ['i + 1', 8],
    ['i + d', 9.5],
    ['0.1 + 0.2', 0.3],
    ['s + i', 'x7'],
    ['i + s', '7x'],
    ['s + d', 'x2.5'],
    ['s + b', 'xtrue'],
    ['n + 1', '41'],
    ['s + a', 'x[1,"x"]'],
    ['s + o', 'x{"p":1,"q":[2]}'],
    ['s + z', U],
    ['s + missing', U],
    ['i + b', U],
    ['i + z', U],
    ['a + a', U],
    // other arithmetic
    ['i - 10', -3],
    ['n - 1', 3],
    ['i * d', 17.5],
    ['i / 2', 3],
    ['-7 / 2', -3],
    ['7.0 / 2', 3],
    ['i / 2.5', 2.8],
    ["'7' / 2", 3.5],
    ['n / 3', 1.3333333333333333],
    ['i % 4', 3],
    ['d % 2', 0.5],
    ["'9' % 4", 1],
    ['i / 0', U],
    ['i % 0', U],
    ['d / 0', U],
    ['s - 1', U],
    ['b * 2', U],
    ['-i', -7],
    ['-n', -4],
    ['- -i', 7],
    ['-s', U],
    ['-0', 0],
  ])('%s is %j', (expression, expected) => {
    expect(resultOf(expression, PAYLOAD)).toEqual(expected)
  })

  test.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['10 - 4 - 3', 3],
    ['100 / 10 / 2', 5],
    ['-2 * 3', -6],
    ['2 * -3', -6],
    ['1 + 2 = 3', true],
    ['1 < 2 AND 2 < 3', true],
    ['true OR true AND false', true],
    ['(true OR true) AND false', false],
    ['NOT 1 = 2', true],
    ['NOT false AND false', false],
    ['NOT (false AND false)', true],
    ["1 + 1 + 'x'", '2x'],
    ["'x' + 1 + 1", 'x11'],
    ['5 - 2 % 2', 5],
  ])('binds as usual: %s is %j', (expression, expected) => {
    expect(resultOf(expression)).toEqual(expected)
  })
})

describe('numbers', () => {
  test('keep 34 digits', () => {
    expect(resultOf('0.1234567890123456789012345678901234 = 0.1234567890123456789012345678901233')).toBe(false)
    expect(resultOf("'' + 1234567890123456789012345678901234 * 1")).toBe('1234567890123456789012345678901234')
    expect(resultOf("'' + 1 / 3.5")).toBe('0.2857142857142857142857142857142857')
  })

  test('of a payload keep their digits in comparisons and texts', () => {
    const payload = '{"big": 9007199254740993, "list": [12345678.123456789012], "small": 1}'

    expect(resultOf('big = 9007199254740992', payload)).toBe(false)
    expect(resultOf("'' + big", payload)).toBe('9007199254740993')
    expect(run("SELECT * FROM 't'", payload)).toEqual({ outcome: 'fire', output: JSON.parse(payload) })
  })

  test('beyond 9.99E999 are Undefined, and an error in a payload', () => {
    expect(resultOf('9e999 * 10')).toBeUndefined()
    expect(run("SELECT a FROM 't'", '{"a": 1e1000}')).toMatchObject({ outcome: 'error', code: 'NUMBER_OUT_OF_RANGE' })
  })

  test('that JavaScript cannot hold are exact in the text, and the greatest there is in the output', () => {
    const result = compile("SELECT 9e500 AS a, -9e500 AS b, 12345678901234567890 AS c FROM 't'").evaluate(messageOf())

    expect(result).toMatchObject({
      text: '{"a":9E+500,"b":-9E+500,"c":12345678901234567890}',
      output: { a: Number.MAX_VALUE, b: -Number.MAX_VALUE, c: 12345678901234567000 },
    })
    expect(resultOf('9e500 > 1e499')).toBe(true)
  })

  test('keep their type in the first version, where 10.0 is no Int', () => {
    const sql = "SELECT n, 10.0 AS d, 2.5 * 2 AS p, n / 4 AS q, 7 / 2 AS i, sqrt(9) AS r FROM 't'"
    const textOf = (version: string) => compile(sql, version).evaluate(messageOf('{"n": 10.0}'))

    expect(textOf('2015-10-08')).toMatchObject({ text: '{"n":10.0,"d":10.0,"p":5.0,"q":2.5,"i":3,"r":3.0}' })
    expect(textOf('2016-03-23')).toMatchObject({ text: '{"n":10,"d":10,"p":5,"q":2,"i":3,"r":3}' })
  })

  test('beyond 34 digits are rounded, and Decimals then', () => {
    const wide = '1234567890123456789012345678901234'
    expect(compile(`SELECT ${wide} * 10 AS v FROM 't'`).evaluate(messageOf())).toMatchObject({
      text: '{"v":1.234567890123456789012345678901234E+34}',
    })
    expect(resultOf(`'' + (${wide} - 1)`)).toBe('1234567890123456789012345678901233')
    expect(resultOf('bitand(12345678901234567890, 255)')).toBe(210)
    expect(resultOf('abs(-12345678901234567890) = 12345678901234567890')).toBe(true)
    expect(resultOf('-(9007199254740993) % 10')).toBe(-3)
  })
})
