import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createLineAnswerer } from '../../cli/sql/answer.ts'

const answerLine = createLineAnswerer()

async function answer(value: object | string, lineNumber = 1) {
  const { line } = await answerLine(typeof value === 'string' ? value : JSON.stringify(value), lineNumber)
  return JSON.parse(line)
}

/** The outcome of a statement over a message on `a/b`. */
function ask(sql: string, more: object = {}) {
  return answer({ id: 'x', sql, topic: 'a/b', ...more })
}

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

function bridge(args: string[], input = '') {
  return spawnSync(process.execPath, ['bin/bridge.ts', 'sql', ...args], { input, encoding: 'utf8' })
}

describe('a case', () => {
  test('fires with its result, is filtered, or does not match', async () => {
    const payload = { temp: 21.5 }

    expect(await ask("SELECT temp FROM 'a/+' WHERE temp > 20", { payload })).toEqual({
      id: 'x',
      outcome: 'fire',
      result: { temp: 21.5 },
    })
    expect(await ask("SELECT temp FROM 'a/+' WHERE temp > 30", { payload })).toEqual({ id: 'x', outcome: 'filtered' })
    expect(await ask("SELECT temp FROM 'b/#'", { payload })).toEqual({ id: 'x', outcome: 'no_match' })
  })

  test('keeps the digits of its payload', async () => {
    const line = `{"id":1,"sql":"SELECT *, n * 10 AS m FROM '#'","topic":"a","payload":{"n":123456789012345678901234567890,"x":1.50}}`

    expect((await answerLine(line, 1)).line).toBe(
      '{"id":1,"outcome":"fire","result":{"n":123456789012345678901234567890,"x":1.5,"m":1234567890123456789012345678900}}',
    )
  })

  test('has its payload as JSON, text or base64', async () => {
    const sql = "SELECT encode(*, 'base64') AS p FROM '#'"

    expect(await ask(sql, { payload: [1] })).toMatchObject({ result: { p: 'WzFd' } })
    expect(await ask(sql, { payload: null })).toMatchObject({ result: { p: 'bnVsbA==' } })
    expect(await ask(sql, { payloadText: 'hi' })).toMatchObject({ result: { p: 'aGk=' } })
    expect(await ask(sql, { payloadBase64: 'AAE=' })).toMatchObject({ result: { p: 'AAE=' } })
    expect(await ask(sql)).toMatchObject({ result: { p: '' } })
    expect(await ask("SELECT * FROM '#'", { payloadBase64: 'AAE=' })).toEqual({
      id: 'x',
      outcome: 'fire',
      result: 'AAE=',
      resultEncoding: 'base64',
    })
    expect(await ask("SELECT VALUE missing FROM '#'")).toMatchObject({ outcome: 'fire', result: '' })
  })

  test('tells where the message came from', async () => {
    const facts = 'SELECT topic() AS t, clientid() AS c, isUndefined(traceid()) AS u, sourceip() AS s'
    const given = { clientId: 'lamp', sourceIp: '10.0.0.1' }
    const topic = '$aws/rules/building/floor/room'

    expect(await ask(`${facts} FROM 'a/b'`, { ...given, publishedVia: 'mqtt' })).toMatchObject({
      result: { t: 'a/b', c: 'lamp', u: false, s: '10.0.0.1' },
    })
    expect(await ask(`${facts} FROM 'a/b'`, { ...given, publishedVia: 'http' })).toMatchObject({
      result: { t: 'a/b', c: 'n/a', u: true, s: '10.0.0.1' },
    })
    expect((await ask(`${facts} FROM 'a/b'`, { ...given, publishedVia: 'republish' })).result).toEqual({
      t: 'a/b',
      c: 'n/a',
      u: true,
    })
    for (const sql of [`${facts} FROM 'floor/#'`, facts]) {
      expect(await ask(sql, { ...given, topic, publishedVia: 'basicIngest', ruleName: 'building' })).toMatchObject({
        result: { t: 'floor/room', c: 'lamp', u: false },
      })
    }
    expect(await ask(facts, { topic, ruleName: 'other' })).toMatchObject({ outcome: 'no_match' })
    expect(await ask(facts, given)).toMatchObject({ outcome: 'no_match' })
  })

  test('has the properties of MQTT 5, the clock and the account', async () => {
    const sql = `SELECT get_mqtt_property('content_type') AS c, get_mqtt_property('format_indicator') AS f,
      get_mqtt_property('correlation_data') AS d, get_user_properties('k') AS u, timestamp() AS t, accountid() AS a FROM '#'`
    const mqtt5 = {
      contentType: 'text/plain',
      formatIndicator: 'UTF8_DATA',
      responseTopic: 'r',
      correlationData: 'aWQ=',
      userProperties: [
        ['k', '1'],
        ['k', '2'],
      ],
    }

    expect(await ask(sql, { mqtt5, clockMs: 1000, ruleAccount: '42' })).toMatchObject({
      result: { c: 'text/plain', f: 'UTF8_DATA', d: 'aWQ=', u: ['1', '2'], t: 1000, a: '42' },
    })
    for (const [formatIndicator, f] of [
      [1, 'UTF8_DATA'],
      [0, 'UNSPECIFIED_BYTES'],
      [true, 'UTF8_DATA'],
      [null, 'UNSPECIFIED_BYTES'],
    ] as const) {
      expect(await ask(sql, { mqtt5: { formatIndicator } })).toMatchObject({ result: { f } })
    }
  })

  test('asks its stubs', async () => {
    const sql = "SELECT get_dynamodb('t', 'k', id, 'role').v AS v FROM '#'"

    expect(await ask(sql, { payload: { id: 1 }, stubs: { get_dynamodb: { v: 7 } } })).toMatchObject({
      result: { v: 7 },
    })
    expect(await ask(sql, { payload: { id: 1 }, stubs: { get_dynamodb: 'fails' } })).toMatchObject({
      outcome: 'error',
      error: { code: 'EXTERNAL_FUNCTION_FAILED' },
    })
    expect(await ask(sql, { payload: { id: 1 } })).toMatchObject({ outcome: 'error' })
    const facts =
      "SELECT principal() AS p, newuuid() AS n, rand() AS r, sourceip() AS s, clientid() AS c, traceid() AS t FROM '#'"
    const stubs = { principal: 'p', newuuid: 'u', rand: 0.5, sourceip: '1.2.3.4', clientid: 'c', traceid: 't' }
    expect(await ask(facts, { stubs })).toMatchObject({
      result: { p: 'p', n: 'u', r: 0.5, s: '1.2.3.4', c: 'c', t: 't' },
    })
  })

  test('evaluates a template for the same message', async () => {
    const more = { payload: { a: 1 }, template: '${topic(2)}/${a}/${b}' }

    expect(await ask("SELECT a AS b FROM '#'", more)).toEqual({
      id: 'x',
      outcome: 'fire',
      result: { b: 1 },
      template: 'b/1/',
    })
    expect(await ask("SELECT a FROM '#' WHERE a > 1", more)).toEqual({ id: 'x', outcome: 'filtered' })
    expect(await ask("SELECT a FROM '#'", { template: '${' })).toMatchObject({ outcome: 'error' })
  })

  test('says by code and place why a statement is refused', async () => {
    expect(await ask("SELECT a,\n nope() FROM '#'")).toEqual({
      id: 'x',
      outcome: 'error',
      error: { code: 'UNKNOWN_FUNCTION', message: expect.stringContaining('found nope'), line: 2, column: 2 },
    })
    expect(await ask("SELECT a FROM 'a/#/b'")).toMatchObject({ error: { code: 'INVALID_TOPIC_FILTER' } })
    expect(await ask("SELECT [1] AS a FROM '#'", { sqlVersion: '2015-10-08' })).toMatchObject({
      error: { code: 'NOT_IN_VERSION' },
    })
  })

  test.each([
    ['no JSON', '{', 'not_json', null],
    ['no object', '5', 'case_malformed', null],
    ['no statement', { id: 7, topic: 'a' }, 'case_malformed', 7],
    ['no topic', { id: 7, sql: 'SELECT 1' }, 'case_malformed', 7],
    ['a topic that is a filter', { id: 7, sql: 'SELECT 1', topic: 'a/+' }, 'case_malformed', 7],
    ['an empty topic', { id: 7, sql: 'SELECT 1', topic: '' }, 'case_malformed', 7],
    ['nested too deep', `{"id":7,"sql":"SELECT 1","topic":"a","payload":${nested(50_000)}}`, 'case_malformed', 7],
    ['named by what is nested too deep', `{"id":${nested(50_000)}}`, 'case_malformed', null],
    ['two payloads', { id: 7, sql: 'SELECT 1', topic: 'a', payload: 1, payloadText: '' }, 'case_malformed', 7],
    ['bytes that are no base64', { id: 7, sql: 'SELECT 1', topic: 'a', payloadBase64: '%' }, 'case_malformed', 7],
    [
      'a property of a wrong type',
      { id: 7, sql: 'SELECT 1', topic: 'a', mqtt5: { contentType: 5 } },
      'case_malformed',
      7,
    ],
  ])('that is %s is answered with its line', async (_, value, code, id) => {
    expect(await answer(value, 12)).toMatchObject({ id, line: 12, outcome: 'error', error: { code } })
  })
})

test.each([900, 4500, 8000, 50_000])(
  'a payload of %d levels is one answer and not the end of the batch',
  async (levels) => {
    const sql = "SELECT * FROM '#'"
    const id = [{ of: 'any kind' }]

    expect(await ask(sql, { id, payloadText: nested(levels) })).toEqual({
      id,
      outcome: 'error',
      error: { code: 'LIMIT_EXCEEDED', message: expect.stringContaining('levels') },
    })
    expect(await ask(sql, { stubs: { get_dynamodb: JSON.parse(nested(900)) } })).toMatchObject({ outcome: 'fire' })
  },
)

describe('bridge sql', () => {
  const SQL = "SELECT temp, topic(2) AS device FROM 'd/+' WHERE temp > 20"

  test('prints what actions would get, from any source of the payload', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bridge-sql-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'payload.json')
    writeFileSync(file, '{"temp": 21.5}')
    const expected = { status: 0, stdout: '{"temp":21.5,"device":"lamp"}\n', stderr: '' }
    const args = ['--sql', SQL, '--topic', 'd/lamp']

    expect(bridge([...args, '--payload', '{"temp": 21.5}'])).toMatchObject(expected)
    expect(bridge([...args, '--payload-file', file])).toMatchObject(expected)
    expect(bridge(args, '{"temp": 21.5}')).toMatchObject(expected)
    expect(bridge([...args, '--payload', '{"temp": 5}'])).toMatchObject({
      status: 0,
      stdout: '',
      stderr: 'filtered: WHERE is not true; no action runs\n',
    })
    expect(bridge([...args, '--payload', '{"temp": 21.5}', '--template', 'x/${temp}', '--json']).stdout).toBe(
      '{"outcome":"fire","result":{"temp":21.5,"device":"lamp"},"template":"x/21.5"}\n',
    )
  })

  test('shows where a statement is wrong', () => {
    const { status, stdout, stderr } = bridge(['--sql', 'SELECT a\nFROM t', '--topic', 'a'])

    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toBe(
      'FROM t\n     ^\nSYNTAX_ERROR: rule "rule", line 2, column 6: expected a text in quotes, found t\n',
    )
  })

  test('wants a statement and a topic', () => {
    expect(bridge(['--sql', SQL])).toMatchObject({ status: 2, stderr: expect.stringContaining('missing_option') })
    expect(bridge(['--sql', SQL, '--topic', 'a', '--mqtt5', '{'])).toMatchObject({ status: 2 })
    expect(bridge(['--sql', SQL, '--topic', 'a', '--stubs', nested(20_000)])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('invalid_option: --stubs'),
    })
    expect(bridge(['--sql', SQL, '--topic', 'a', '--payload-file', '/nowhere'])).toMatchObject({ status: 2 })
  })

  test('answers a batch line by line, in order', () => {
    const cases = [
      { id: 1, sql: SQL, topic: 'd/lamp', payload: { temp: 30 } },
      'no case',
      { id: 3, sql: SQL, topic: 'e/lamp', payload: {} },
      { id: 4, sql: SQL, topic: 'd/lamp', payload: { temp: 3 } },
    ]
    const input = cases.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n')
    const { status, stdout } = bridge(['--batch'], input)
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))

    expect(status).toBe(1)
    expect(answers.map(({ id, outcome }) => [id, outcome])).toEqual([
      [1, 'fire'],
      [null, 'error'],
      [3, 'no_match'],
      [4, 'filtered'],
    ])
    expect(answers[1]).toMatchObject({ line: 2, error: { code: 'not_json' } })
  })
})
