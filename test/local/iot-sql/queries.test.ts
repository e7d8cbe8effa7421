import { describe, expect, test } from 'vitest'
import { createRuleCompiler } from '#local/iot-sql/index.ts'
import { compile, messageOf, resultOf, run } from './rules.ts'

const SENSORS = {
  name: 'outer',
  limit: 10,
  list: [{ name: 'a', v: 5, tags: [1, 2] }, { name: 'b', v: 20, tags: [3] }, { v: null }, 7],
  one: { x: 1, y: { z: 2 } },
}

describe('a nested query', () => {
  test.each([
    ['(SELECT name, v FROM list WHERE v > limit)', [{ name: 'b', v: 20 }]],
    // a name that the element does not have is the message's
    ['(SELECT VALUE name FROM list)', ['a', 'b', 'outer', 'outer']],
    ['(SELECT VALUE v FROM list)', [5, 20, null]],
    ['(SELECT VALUE l FROM list AS l WHERE l = 7)', [7]],
    ['(SELECT VALUE l.v + limit FROM list AS l)', [15, 30]],
    ['(SELECT * FROM list WHERE v = 5)', [{ name: 'a', v: 5, tags: [1, 2] }]],
    ['(SELECT *, limit AS m FROM list WHERE v = 20)', [{ name: 'b', v: 20, tags: [3], m: 10 }]],
    ['(SELECT name AS n.first FROM list WHERE v = 5)', [{ n: { first: 'a' } }]],
    [
      '(SELECT VALUE (SELECT VALUE t * 2 FROM tags AS t WHERE t < l.v) FROM list AS l)',
      [[2, 4], [6], undefined].slice(0, 2),
    ],
    ['(SELECT x, y.z FROM one)', { x: 1, z: 2 }],
    ['(SELECT VALUE y FROM one).z', 2],
    ['(SELECT x FROM one WHERE x = 2)', undefined],
    ['(SELECT x FROM missing)', undefined],
    ['(SELECT x FROM name)', undefined],
    ['(SELECT VALUE a FROM [1, 2] AS a)', [1, 2]],
    ['(SELECT VALUE a FROM get(list, 0).tags AS a)', [1, 2]],
    ['EXISTS (SELECT v FROM list WHERE v = 20)', true],
    ['EXISTS (SELECT v FROM list WHERE v = 21)', false],
    ['EXISTS (SELECT x FROM one)', true],
    ['EXISTS (SELECT x FROM missing)', false],
    ["'b' IN (SELECT VALUE name FROM list)", true],
    ["'c' IN (SELECT VALUE name FROM list)", false],
  ])('%s is %j', (expression, expected) => {
    expect(resultOf(expression, SENSORS)).toEqual(expected)
  })
})

describe('SELECT', () => {
  test('names items by alias, path, or their own text, and spreads an object literal', () => {
    const sql =
      "SELECT one.x, (one).y.z, topic(1), limit + 1, {'k': limit, 'u': missing}, one AS deep.er.est, 1 AS deep.too FROM 't'"

    expect(run(sql, SENSORS)).toEqual({
      outcome: 'fire',
      output: { x: 1, z: 2, 'topic(1)': 'jamey', 'limit + 1': 11, k: 10, deep: { er: { est: SENSORS.one }, too: 1 } },
    })
  })

  test('with a dotted alias leaves the objects of the payload alone', () => {
    expect(run("SELECT one, 5 AS one.y.w, one AS copy FROM 't'", SENSORS)).toEqual({
      outcome: 'fire',
      output: { one: { x: 1, y: { z: 2, w: 5 } }, copy: SENSORS.one },
    })
  })

  test('VALUE of nothing is sent as nothing', () => {
    expect(compile("SELECT VALUE missing FROM 't'").evaluate(messageOf())).toMatchObject({ text: '', output: '' })
    expect(compile("SELECT VALUE null FROM 't'").evaluate(messageOf())).toMatchObject({ text: 'null', output: null })
  })

  test('finds members named like those of every object only where they are', () => {
    expect(run("SELECT constructor, toString AS s, {'__proto__': 1} AS o FROM 't'")).toEqual({
      outcome: 'fire',
      output: { o: JSON.parse('{"__proto__": 1}') },
    })
  })
})

describe('SET', () => {
  test('defines what the statement, its nested queries and its templates may use', () => {
    const rule = compile(
      "SET @l = list, @n = limit * 2 SELECT (SELECT VALUE v + @n FROM @l) AS sums FROM 't' WHERE @n = 20",
    )

    expect(rule.evaluate(messageOf(SENSORS))).toMatchObject({ output: { sums: [25, 40] } })
    expect(rule.compileTemplate('${@n}-${get(@l, 1).name}').evaluate(messageOf(SENSORS))).toEqual({
      outcome: 'text',
      text: '20-b',
    })
  })

  test('evaluates a variable once, also one that runs a query inside a query', () => {
    const compileRule = createRuleCompiler({ newUuid: counter() })
    const sql = `SET @id = newuuid(), @q = (SELECT VALUE e.v FROM list AS e WHERE e.v > 0)
      SELECT @id AS a, @id AS b, (SELECT VALUE concat(l.name, @q) FROM list AS l WHERE l.v > 0) AS c FROM 't'`

    const rule = compileRule({ sql, version: '2016-03-23', ruleName: 'r' })

    expect(rule.evaluate(messageOf(SENSORS))).toMatchObject({
      output: {
        a: '1',
        b: '1',
        c: [
          ['a', 5, 20],
          ['b', 5, 20],
        ],
      },
    })
  })

  test('is evaluated once for a message, in the statement and in all templates', async () => {
    const compileRule = createRuleCompiler({ newUuid: counter() })
    const sql = "SET @id = newuuid(), @f = aws_lambda('f', {}) SELECT @id AS id, @f AS f FROM 't'"
    const rule = compileRule({ sql, version: '2016-03-23', ruleName: 'r' })
    const message = messageOf()
    let calls = 0
    const functions = { call: async () => ++calls }

    const template = rule.compileTemplate('${@id} ${@f}')

    expect(await rule.evaluateWith(functions, message)).toMatchObject({ output: { id: '1', f: 1 } })
    expect(await template.evaluateWith(functions, message)).toMatchObject({ text: '1 1' })
    expect(await template.evaluateWith(functions, messageOf())).toMatchObject({ text: '2 2' })
  })

  test('holds at most 128 KiB', () => {
    const sql = "SET @a = lpad(text, 1000), @b = concat(@a, '') SELECT length(@b) AS n FROM 't'"

    expect(run(sql, { text: 'x'.repeat(60_000) })).toMatchObject({ output: { n: 61_000 } })
    expect(run(sql, { text: 'x'.repeat(65_000) })).toMatchObject({ outcome: 'error', code: 'VARIABLE_TOO_LARGE' })
  })

  test('takes at most ten variables', () => {
    const setOf = (count: number) => Array.from({ length: count }, (_, index) => `@v${index} = ${index}`).join(', ')

    expect(run(`SET ${setOf(10)} SELECT @v9 AS v FROM 't'`)).toMatchObject({ output: { v: 9 } })
    expect(() => compile(`SET ${setOf(11)} SELECT 1 FROM 't'`)).toThrow('expected at most 10 variables, found 11')
  })
})

describe('a choice', () => {
  test.each([
    [{ intByInt: 'decimal' }, '(75 - 32) * 5 / 9', 23.88888888888889],
    [{ intByInt: 'decimal' }, '8 / 2', 4],
    [{ indexOfNothing: undefined }, "indexof('abc', 'x')", undefined],
    [{}, "indexof('abc', 'x')", -1],
    [{ roundedDown: 'truncate' }, 'cast(-1.5 AS Int)', -1],
    [{}, 'cast(-1.5 AS Int)', -2],
    [{ undefinedInArray: 'null' }, '[1, missing]', [1, null]],
    [{}, '[1, missing]', [1]],
    [{ enrichedMember: 'element' }, "transform('enrichArray', {'a': 1}, [{'a': 2}])", [{ a: 2 }]],
    [{}, "transform('enrichArray', {'a': 1}, [{'a': 2}])", [{ a: 1 }]],
  ] as const)('%j makes %s %j', (choices, expression, expected) => {
    const compileRule = createRuleCompiler({ choices })
    const rule = compileRule({ sql: `SELECT ${expression} AS v FROM 't'`, version: '2016-03-23', ruleName: 'r' })

    expect(rule.evaluate(messageOf())).toMatchObject({ output: expected === undefined ? {} : { v: expected } })
  })

  test('may make a payload that is no JSON an error, and Null nothing in a template', () => {
    const compileRule = createRuleCompiler({ choices: { fieldOfOtherPayload: 'error', nullInTemplate: '' } })
    const rule = compileRule({ sql: "SELECT a FROM 't'", version: '2016-03-23', ruleName: 'r' })

    expect(rule.evaluate(messageOf('{'))).toMatchObject({ outcome: 'error', code: 'PARSE_ERROR' })
    expect(rule.compileTemplate('<${a}>').evaluate(messageOf({ a: null }))).toMatchObject({ text: '<>' })
    expect(
      compile("SELECT a FROM 't'")
        .compileTemplate('<${a}>')
        .evaluate(messageOf({ a: null })),
    ).toMatchObject({
      text: '<null>',
    })
  })
})

describe('a template', () => {
  test.each([
    ['${', 3, 'expected a closing }'],
    ['a ${b', 6, 'expected a closing }'],
    ['a ${b c}', 7, 'found c'],
    ['${nope()}', 3, 'expected a function of the language, found nope'],
    ["${decode(a, 'proto', 'b', 'k', 'p', 'm')}", 3, 'expected no protobuf'],
    ['${}', 3, 'expected an expression'],
  ])('%s is refused', (template, column, message) => {
    const compileTemplate = () => compile("SELECT * FROM 't'").compileTemplate(template)

    expect(compileTemplate).toThrow(expect.objectContaining({ name: 'SqlError', column }))
    expect(compileTemplate).toThrow(message)
  })

  test('does not see the aliases of SELECT', () => {
    const rule = compile("SELECT a AS b FROM 't'")

    expect(rule.compileTemplate('${a}${b}').evaluate(messageOf({ a: 1 }))).toMatchObject({ text: '1' })
  })
})

function counter(): () => string {
  let count = 0
  return () => String(++count)
}
