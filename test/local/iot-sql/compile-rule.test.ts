import { describe, expect, test } from 'vitest'
import { compileRule } from '#local/iot-sql/index.ts'
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
    expect(rule.evaluate(messageOf(new Uint8Array([0xff, 0x00, 0x7b]), MQTT5_MESSAGE))).toEqual({
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
  test.each(["SELECT * FROM 't'", "SELECT a FROM 't'", "SELECT 1 AS b FROM 't' WHERE isUndefined(a)"])(
    'is an error for %s, which reads it, without a word of it in the message',
    (sql) => {
      for (const payload of [new Uint8Array([0x22, 0xff, 0x22]), Buffer.from('{secret}')]) {
        const result = run(sql, payload)
        expect(result).toMatchObject({ outcome: 'error', code: 'PARSE_ERROR' })
        expect(JSON.stringify(result)).not.toContain('secret')
      }
    },
  )

  test('is no error for a statement filtered before it reads the payload', () => {
    expect(run("SELECT * FROM 't' WHERE clientid() = 'x'", '{')).toEqual({ outcome: 'filtered' })
  })
})

test('a payload nested deeper than the stack is an outcome, not an exception', () => {
  const depth = 60_000
  const payload = '['.repeat(depth) + ']'.repeat(depth)

  expect(run("SELECT * FROM 't'", payload)).toMatchObject({ outcome: 'error', code: 'EVALUATION_FAILED' })
  expect(run("SELECT encode(*, 'base64') AS p FROM 't'", payload).outcome).toBe('fire')
})

test('compileRule needs no set-up', () => {
  const rule = compileRule({ sql: "SELECT newuuid() AS id FROM 'a/+'", version: '2016-03-23', ruleName: 'r' })

  expect(rule.evaluate(messageOf())).toMatchObject({ output: { id: expect.stringMatching(/^[0-9a-f-]{36}$/) } })
})

test.each(['2015-10-08', 'beta', '', undefined])('version %s is refused', (version) => {
  const source = { sql: "SELECT * FROM 't'", version, ruleName: 'r' }

  expect(() => compileRule(source)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_VERSION', rule: 'r' }))
  expect(refusalOf("SELECT * FROM 't'", 'beta').message).toMatchInlineSnapshot(
    `"rule "test_rule", line 1, column 1: expected AwsIotSqlVersion "2016-03-23", found "beta""`,
  )
})
