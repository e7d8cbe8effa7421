import { describe, expect, test } from 'vitest'
import type { RepublishHeaders } from '#local/iot/index.ts'
import { createEngine, FUNCTION_ARN, message, passingOn, QUEUE, RIGHTS, ROLE_ARN } from './set-up.ts'

const BINARY = Buffer.from([0xff, 0x00, 0x7b])

/** What the error action says went wrong, if it ran. */
function reasons(queued: { body: string }[]): string[] {
  return queued.flatMap(({ body }) =>
    JSON.parse(body).failures.map((one: { errorMessage: string }) => one.errorMessage),
  )
}

describe('republish', () => {
  const republish = (topic: string, more: { qos?: 0 | 1; headers?: RepublishHeaders } = {}) =>
    passingOn({ kind: 'republish', topic, roleArn: ROLE_ARN, ...more })

  test('sends the output to another topic, with every digit', async () => {
    const { engine, published } = createEngine()
    engine.define(republish('out/${topic(2)}/${n}', { qos: 1 }))

    await engine.handle({ ...message, payload: Buffer.from('{"n": 12345678901234567890}') })

    expect(published).toEqual([
      {
        message: {
          topic: 'out/b/12345678901234567890',
          payload: Buffer.from('{"n":12345678901234567890}'),
          qos: 1,
          properties: {},
        },
        rights: RIGHTS,
      },
    ])
  })

  test('passes a payload on that is no JSON as it came', async () => {
    const { engine, published } = createEngine()
    engine.define(republish('out'))

    await engine.handle({ ...message, payload: BINARY })

    expect(published.map(({ message: { payload, qos } }) => ({ payload, qos }))).toEqual([{ payload: BINARY, qos: 0 }])
  })

  test('writes headers of MQTT 5 from templates', async () => {
    const { engine, published } = createEngine()
    const headers = {
      payloadFormatIndicator: 'UTF8_DATA',
      contentType: 'application/${kind}',
      responseTopic: 'answers/${clientid()}',
      correlationData: "${encode(kind, 'base64')}",
      messageExpiry: '${60 * 2}',
      userProperties: [
        { key: 'from', value: '${topic()}' },
        { key: '__proto__', value: 'x' },
        { key: 'from', value: 'rule' },
      ],
    }
    engine.define(republish('out', { headers }))

    await engine.handle({ ...message, payload: Buffer.from('{"kind":"json"}') })

    expect(published[0]?.message.properties).toEqual({
      payloadFormatIndicator: true,
      contentType: 'application/json',
      responseTopic: 'answers/lamp-1',
      correlationData: Buffer.from('json'),
      messageExpiryInterval: 120,
      userProperties: [
        ['from', 'a/b'],
        ['__proto__', 'x'],
        ['from', 'rule'],
      ],
    })
  })

  test('reaches reserved topics by $$', async () => {
    const { engine, published } = createEngine()
    engine.define(republish('$$aws/things/${clientid()}/shadow/update'))

    await engine.handle(message)

    expect(published[0]?.message.topic).toBe('$aws/things/lamp-1/shadow/update')
  })

  test.each([
    ['to topics of jobs', '$$aws/things/a/jobs/get', {}, /topics of jobs is not supported/],
    ['to a reserved topic that a template makes', '${name}', {}, /must be written with \$\$/],
    [
      'with a format that is none',
      'out',
      { payloadFormatIndicator: 'JSON' },
      /payloadFormatIndicator: expected UTF8_DATA/,
    ],
    ['with correlation data that is no base64', 'out', { correlationData: '?' }, /correlationData: expected base64/],
    ['with an expiry that is no number', 'out', { messageExpiry: 'soon' }, /messageExpiry: expected whole seconds/],
  ])('fails %s', async (_, topic, headers, reason) => {
    const { engine, published, queued } = createEngine()
    engine.define(republish(topic, { headers }))

    await engine.handle({ ...message, payload: Buffer.from('{"name":"$aws/x"}') })

    expect(published).toEqual([])
    expect(reasons(queued)).toEqual([expect.stringMatching(reason)])
  })

  test('is refused with more than 100 user properties', () => {
    const userProperties = Array.from({ length: 101 }, () => ({ key: 'a', value: 'b' }))

    expect(() => createEngine().engine.define(republish('out', { headers: { userProperties } }))).toThrow(
      'rule echo: expected at most 100 user properties, got 101',
    )
  })
})

describe('dynamoDBv2', () => {
  const put = passingOn({ kind: 'dynamoDBv2', tableName: 'readings', roleArn: ROLE_ARN })

  test('puts each member as an attribute, numbers with their digits', async () => {
    const { engine, items } = createEngine()
    engine.define(put)

    const payload =
      '{"id":"a","n":1.50,"big":12345678901234567890,"on":true,"none":null,"list":[1,"x"],"deep":{"a":{}}}'
    await engine.handle({ ...message, payload: Buffer.from(payload) })

    expect(items).toEqual([
      {
        tableName: 'readings',
        rights: RIGHTS,
        item: {
          id: { S: 'a' },
          n: { N: expect.stringMatching(/^1\.50?$/) },
          big: { N: '12345678901234567890' },
          on: { BOOL: true },
          none: { NULL: true },
          list: { L: [{ N: '1' }, { S: 'x' }] },
          deep: { M: { a: { M: {} } } },
        },
      },
    ])
  })

  test.each([
    ['a list', Buffer.from('[1]')],
    ['a text', Buffer.from('"x"')],
    ['bytes', BINARY],
  ])('fails for %s', async (_, payload) => {
    const { engine, items, queued } = createEngine()
    engine.define(put)

    await engine.handle({ ...message, payload })

    expect(items).toEqual([])
    expect(reasons(queued)).toEqual(['the output is no JSON object, whose members would be the attributes'])
  })
})

describe('sqs', () => {
  test('sends the output as text, or as base64', async () => {
    const { engine, queued } = createEngine()
    engine.define(passingOn({ ...QUEUE, queueUrl: 'http://127.0.0.1/0/plain' }))
    engine.define({ ...passingOn({ ...QUEUE, queueUrl: 'http://127.0.0.1/0/coded', useBase64: true }), name: 'coded' })

    await engine.handle(message)
    await engine.handle({ ...message, payload: BINARY })

    expect(queued.map(({ queueUrl, body }) => [queueUrl.split('/').at(-1), body])).toEqual([
      ['plain', '{"n":1}'],
      ['coded', Buffer.from('{"n":1}').toString('base64')],
      ['plain', BINARY.toString('utf8')],
      ['coded', BINARY.toString('base64')],
    ])
  })
})

describe('lambda', () => {
  test('takes any JSON value', async () => {
    const { engine, invocations } = createEngine()
    engine.define({ ...passingOn({ kind: 'lambda', functionArn: FUNCTION_ARN }), sql: "SELECT VALUE n FROM 'a/+'" })

    await engine.handle(message)

    expect(invocations.map(({ event }) => event)).toEqual([1])
  })

  test('refuses a payload that is no JSON', async () => {
    const { engine, invocations, queued } = createEngine()
    engine.define(passingOn({ kind: 'lambda', functionArn: FUNCTION_ARN }))

    await engine.handle({ ...message, payload: BINARY })

    expect(invocations).toEqual([])
    expect(reasons(queued)).toEqual(['the payload is no JSON, which is all that a function takes'])
  })
})

test('stepFunctions starts an execution with a name of its own, where the runtime has workflows', async () => {
  const { engine, executions } = createEngine({ workflows: true })
  const action = { kind: 'stepFunctions', stateMachineName: 'review', executionNamePrefix: '${topic(2)}-' } as const
  engine.define(passingOn({ ...action, roleArn: ROLE_ARN }))

  await engine.handle(message)
  await engine.handle(message)

  expect(executions).toEqual(
    Array(2).fill({ stateMachineName: 'review', name: expect.stringMatching(/^b-[0-9a-f-]{36}$/), input: '{"n":1}' }),
  )
  expect(executions[0]?.name).not.toBe(executions[1]?.name)
})

test('a template without value fails its action and no other', async () => {
  const { engine, published, queued } = createEngine()
  const asks = { kind: 'republish', topic: "${aws_lambda('arn:f', n)}", roleArn: ROLE_ARN } as const
  engine.define({ ...passingOn(asks), actions: [asks, { ...asks, topic: 'out' }] })

  await engine.handle(message)

  expect(published.map((one) => one.message.topic)).toEqual(['out'])
  expect(reasons(queued)).toEqual([expect.stringMatching(/has no value: EXTERNAL_FUNCTION_FAILED/)])
})
