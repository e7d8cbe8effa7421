import { describe, expect, test } from 'vitest'
import { compileRule, createRuleCompiler } from '#local/iot-sql/index.ts'
import { compile, messageOf, refusalOf, run } from './rules.ts'

/** What the rules of this project say, with and without the filter of event rules. */
const REQUEST_RULE = `SELECT encode(*, 'base64') AS payload, topic() AS topic, clientid() AS client_id, principal() AS principal, timestamp() AS received_at_ms, traceid() AS trace_id, get_mqtt_property('response_topic') AS response_topic, get_mqtt_property('correlation_data') AS correlation_data FROM 'jamey/conscience/evaluate'`
const EVENT_RULE = `${REQUEST_RULE} WHERE clientid() <> 'n/a'`

const MQTT5_MESSAGE = {
  topic: 'jamey/conscience/evaluate',
  clientId: 'lamp',
  principal: 'a1b2',
  traceId: '6d2f0b5e-8f07-4a1e-9a55-0f8f6a4b8a11',
  mqtt5: { responseTopic: 'jamey/responses/lamp', correlationData: Buffer.from([0, 255, 16]) },
}

describe('the statement of our request rules', () => {
  test('carries bytes that are no JSON, and the facts of the broker', () => {
    const rule = compile(REQUEST_RULE)

    expect(rule.topicFilter).toBe('jamey/conscience/evaluate')
    expect(rule.evaluate(messageOf(new Uint8Array([0xff, 0x00, 0x7b]), MQTT5_MESSAGE))).toMatchObject({
      outcome: 'fire',
      output: {
        payload: '/wB7',
        topic: 'jamey/conscience/evaluate',
        client_id: 'lamp',
        principal: 'a1b2',
        received_at_ms: 1_700_000_000_000,
        trace_id: '6d2f0b5e-8f07-4a1e-9a55-0f8f6a4b8a11',
        response_topic: 'jamey/responses/lamp',
        correlation_data: 'AP8Q',
      },
    })
  })

  test('omits what an MQTT 3.1.1 publish does not have', () => {
    const { output } = { output: undefined, ...run(REQUEST_RULE, '') }

    expect(output).toEqual({
      payload: '',
      topic: 'jamey/events/status',
      client_id: 'lamp',
      received_at_ms: 1_700_000_000_000,
    })
    expect(Object.keys(output ?? {})).not.toContain('principal')
  })
})

describe('the statement of our event rules', () => {
  test('lets no message through that came from outside MQTT', () => {
    expect(run(EVENT_RULE, 'no JSON', { clientId: 'n/a' })).toEqual({ outcome: 'filtered' })
    expect(run(EVENT_RULE, 'no JSON').outcome).toBe('fire')
  })
})

describe('SELECT', () => {
  test('of * is the payload, whatever JSON it is', () => {
    for (const payload of [{ a: [1, { b: null }] }, [1, 'x'], '"text"', '7', 'null']) {
      const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
      expect(run("SELECT * FROM 't'", text)).toEqual({ outcome: 'fire', output: JSON.parse(text) })
    }
    expect(run("SELECT * FROM 't'", '')).toEqual({ outcome: 'fire', output: {} })
  })

  test('of * and more adds to the payload, later items replacing earlier members', () => {
    const output = { a: 1, topic: 'jamey/events/status' }

    expect(run("SELECT *, topic() AS topic FROM 't'", { a: 1, topic: 'x' })).toEqual({ outcome: 'fire', output })
    expect(run("SELECT topic() AS topic, * FROM 't'", { a: 1, topic: 'x' })).toMatchObject({ output: { topic: 'x' } })
  })

  test('of * and more needs an object', () => {
    expect(run("SELECT *, topic() AS t FROM 't'", '[1]')).toMatchObject({ outcome: 'error', code: 'NOT_AN_OBJECT' })
  })

  test('names a path by its last step unless it has an alias', () => {
    const payload = { a: { b: { c: 5 } }, value: 1, set: 2 }

    expect(run("SELECT a.b.c, a.b AS d, value, set FROM 't'", payload)).toEqual({
      outcome: 'fire',
      output: { c: 5, d: { c: 5 }, value: 1, set: 2 },
    })
  })

  test('finds fields named like keywords after a dot, and none that only the prototype has', () => {
    const payload = '{"a": {"from": 1, "In": 2}, "__proto__": {"x": 3}}'

    expect(run("SELECT a.from, a.In, __proto__ AS __proto__, a.constructor FROM 't'", payload)).toEqual({
      outcome: 'fire',
      output: JSON.parse('{"from": 1, "In": 2, "__proto__": {"x": 3}}'),
    })
  })

  test('omits items that are Undefined and keeps Null', () => {
    expect(run("SELECT a, b.c, d FROM 't'", { a: null, b: [1] })).toEqual({ outcome: 'fire', output: { a: null } })
    expect(run("SELECT x, y FROM 't'")).toEqual({ outcome: 'fire', output: {} })
  })

  test('reads keywords and function names in any case, and text in either quote', () => {
    expect(run(`select LOWER("It's") as A, 'say "x" ''y''' As b from "t" where TRUE and not False`)).toEqual({
      outcome: 'fire',
      output: { A: "it's", b: `say "x" 'y'` },
    })
  })
})

describe('WHERE', () => {
  test.each([
    ['true', 'fire'],
    ["'TRUE'", 'fire'],
    ['false', 'filtered'],
    ['missing', 'filtered'],
    ['missing <> 1', 'filtered'],
    ['null', 'filtered'],
    ['1', 'filtered'],
    ["n > 4 AND kind = 'x'", 'fire'],
  ])('%s: %s', (condition, outcome) => {
    expect(run(`SELECT * FROM 't' WHERE ${condition}`, { n: 5, kind: 'x' }).outcome).toBe(outcome)
  })
})

describe('a payload that is no JSON', () => {
  const bytes = new Uint8Array([0x22, 0xff, 0x22])

  test('is passed on by * as it came', () => {
    for (const sql of ["SELECT * FROM 't'", "SELECT VALUE * FROM 't'"]) {
      expect(compile(sql).evaluate(messageOf(bytes))).toMatchObject({ outcome: 'fire', bytes, output: 'Iv8i' })
    }
    expect(compile("SELECT * FROM 't'").evaluate(messageOf('{}'))).toMatchObject({ text: '{}', bytes: undefined })
  })

  test('has no fields', () => {
    expect(run("SELECT a, 1 AS b FROM 't'", '{secret}')).toEqual({ outcome: 'fire', output: { b: 1 } })
    expect(run("SELECT * FROM 't' WHERE a = 1", bytes)).toEqual({ outcome: 'filtered' })
  })

  test('cannot be added to, which is said without a word of it', () => {
    const result = run("SELECT *, 1 AS b FROM 't'", '{secret}')

    expect(result).toMatchObject({ outcome: 'error', code: 'PARSE_ERROR' })
    expect(JSON.stringify(result)).not.toContain('secret')
  })
})

test('a payload nested deeper than the stack is an outcome, not an exception', () => {
  const depth = 60_000
  const payload = '['.repeat(depth) + ']'.repeat(depth)

  expect(run("SELECT * FROM 't'", payload)).toMatchObject({ outcome: 'error', code: 'LIMIT_EXCEEDED' })
  expect(run("SELECT encode(*, 'base64') AS p FROM 't'", payload).outcome).toBe('fire')
})

test('compileRule needs no set-up', () => {
  const rule = compileRule({ sql: "SELECT newuuid() AS id FROM 'a/+'", version: '2016-03-23', ruleName: 'r' })

  expect(rule.evaluate(messageOf())).toMatchObject({ output: { id: expect.stringMatching(/^[0-9a-f-]{36}$/) } })
})

describe('the version', () => {
  test('left out is the first', () => {
    const rule = compileRule({ sql: "SELECT sql_version() AS v FROM 't'", version: undefined, ruleName: 'r' })

    expect(rule.version).toBe('2015-10-08')
    expect(rule.evaluate(messageOf())).toMatchObject({ output: { v: '2015-10-08' } })
  })

  test('beta is the newest', () => {
    const rule = compileRule({ sql: "SELECT [a, sql_version()] AS v FROM 't'", version: 'beta', ruleName: 'r' })

    expect(rule.version).toBe('2016-03-23')
    expect(rule.evaluate(messageOf({ a: 1 }))).toMatchObject({ output: { v: [1, '2016-03-23'] } })
  })

  test('has no array as the whole output in the first one, but passes a payload on as it is', () => {
    const textOf = (sql: string, choices = {}) => {
      const rule = createRuleCompiler({ choices })({ sql, version: '2015-10-08', ruleName: 'r' })
      return rule.evaluate(messageOf(sql.includes('*') ? '[1]' : '{"l":[1],"o":{"l":[1]}}'))
    }

    expect(textOf("SELECT VALUE l FROM 't'")).toMatchObject({ outcome: 'fire', text: '' })
    expect(textOf("SELECT VALUE l FROM 't'", { arrayOutputInFirstVersion: 'array' })).toMatchObject({ text: '[1]' })
    expect(textOf("SELECT VALUE o FROM 't'")).toMatchObject({ text: '{"l":[1]}' })
    expect(textOf("SELECT l FROM 't'")).toMatchObject({ text: '{"l":[1]}' })
    expect(textOf("SELECT * FROM 't'")).toMatchObject({ text: '[1]' })
  })

  test.each(['Beta', '', '2016-03-24'])('%j is refused', (version) => {
    const source = { sql: "SELECT * FROM 't'", version, ruleName: 'r' }

    expect(() => compileRule(source)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_VERSION', rule: 'r' }))
  })

  test.each([
    "SELECT [a] AS b FROM 't'",
    "SELECT {'a': 1} AS b FROM 't'",
    "SELECT (SELECT a FROM b) AS c FROM 't'",
    "SELECT * FROM 't' WHERE EXISTS (SELECT a FROM b)",
    "SELECT cast(a AS Decimal) AS b FROM 't'",
    "SELECT cast(a AS Bool) AS b FROM 't'",
    "SELECT encode(*, 'base64') AS b FROM 't'",
    "SELECT get_or_default(a, 1) AS b FROM 't'",
    "SELECT isUndefined(a) AS b FROM 't'",
    "SELECT length(a) AS b FROM 't'",
  ])('2015-10-08 does not have %s', (sql) => {
    expect(refusalOf(sql, '2015-10-08').code).toBe('NOT_IN_VERSION')
    expect(() => refusalOf(sql)).toThrow('accepted')
  })
})

test('a statement without FROM has no topic filter', () => {
  expect(compile('SELECT * WHERE a = 1').topicFilter).toBeUndefined()
  expect(run('SELECT a', { a: 1, b: 2 })).toEqual({ outcome: 'fire', output: { a: 1 } })
})

test('a call with a wrong number of arguments is Undefined, and a warning', () => {
  const rule = compile("SELECT a,\n lower() AS b, topic(1, 2) AS c FROM 't' WHERE isUndefined(startswith(a))")

  expect(rule.evaluate(messageOf({ a: 1 }))).toMatchObject({ output: { a: 1 } })
  expect(rule.warnings).toEqual([
    {
      code: 'ARGUMENT_COUNT',
      line: 2,
      column: 2,
      reason: 'lower: expected 1 argument, found 0: the result is Undefined',
    },
    { code: 'ARGUMENT_COUNT', line: 2, column: 16, reason: expect.stringContaining('topic: expected 0 to 1') },
    { code: 'ARGUMENT_COUNT', line: 2, column: 60, reason: expect.stringContaining('startswith: expected 2') },
  ])
})
