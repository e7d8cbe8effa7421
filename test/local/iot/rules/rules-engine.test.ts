import { describe, expect, test } from 'vitest'
import type { InboundMessage } from '#local/broker/index.ts'
import { createRulesEngine, type RuntimeLogEntry, type TopicRule } from '#local/iot/index.ts'

const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:echo'
const QUEUE = { kind: 'sqs', queueUrl: 'http://127.0.0.1/0/errors', roleArn: 'arn:role', useBase64: false } as const

const rule: TopicRule = {
  name: 'echo',
  arn: 'arn:aws:iot:us-east-1:000000000000:rule/echo',
  sql: "SELECT encode(*, 'base64') AS payload, topic() AS topic, clientid() AS client_id FROM 'a/+'",
  sqlVersion: '2016-03-23',
  isDisabled: false,
  actions: [{ kind: 'lambda', functionArn: FUNCTION_ARN }],
  errorAction: QUEUE,
}

const message: InboundMessage = {
  topic: 'a/b',
  payload: Buffer.from('{"n":1}'),
  qos: 1,
  retain: false,
  properties: {},
  receivedAtMs: 1_790_000_000_000,
  clientId: 'lamp-1',
  principalId: 'abc123',
  traceId: 'trace-1',
  sourceAddress: '127.0.0.1',
}

/** An engine whose targets keep what they get, or fail. */
function createEngine(options: { functionFails?: string; queueFails?: string } = {}) {
  const invocations: { functionArn: string; ruleArn: string; event: unknown }[] = []
  const queued: { queueUrl: string; roleArn: string; body: string }[] = []
  const log: RuntimeLogEntry[] = []
  const engine = createRulesEngine({
    accountId: '000000000000',
    log: (entry) => log.push(entry),
    targets: {
      async invokeFunction(functionArn, ruleArn, event) {
        if (options.functionFails) throw new Error(options.functionFails)
        invocations.push({ functionArn, ruleArn, event })
      },
      async sendToQueue(queueUrl, roleArn, body) {
        if (options.queueFails) throw new Error(options.queueFails)
        queued.push({ queueUrl, roleArn, body })
      },
    },
  })
  return { engine, invocations, queued, log }
}

describe('a message', () => {
  test('that a rule matches goes to its actions as the statement makes it, in the name of the rule', async () => {
    const { engine, invocations, queued } = createEngine()
    engine.define({ ...rule, actions: [...rule.actions, QUEUE] })

    await engine.handle(message)

    const event = { payload: Buffer.from('{"n":1}').toString('base64'), topic: 'a/b', client_id: 'lamp-1' }
    expect(invocations).toEqual([{ functionArn: FUNCTION_ARN, ruleArn: rule.arn, event }])
    expect(queued).toEqual([{ queueUrl: QUEUE.queueUrl, roleArn: QUEUE.roleArn, body: JSON.stringify(event) }])
  })

  test('goes to every rule that matches and to no other', async () => {
    const { engine, invocations } = createEngine()
    for (const [name, filter] of Object.entries({ one: 'a/b', two: 'a/#', three: 'a/c', four: 'b/+' })) {
      engine.define({ ...rule, name, arn: name, sql: `SELECT 1 AS n FROM '${filter}'` })
    }

    await engine.handle(message)

    expect(invocations.map(({ ruleArn }) => ruleArn).sort()).toEqual(['one', 'two'])
  })

  test('that WHERE filters out goes nowhere and is no error', async () => {
    const { engine, invocations, queued, log } = createEngine()
    engine.define({ ...rule, sql: "SELECT * FROM 'a/+' WHERE clientid() <> 'lamp-1'" })

    await engine.handle(message)

    expect({ invocations, queued, log }).toEqual({ invocations: [], queued: [], log: [] })
  })

  test('that the statement cannot evaluate is logged without its payload, and no action runs, nor the error action', async () => {
    const { engine, invocations, queued, log } = createEngine()
    engine.define({ ...rule, sql: "SELECT * FROM 'a/+'" })

    await engine.handle({ ...message, payload: Buffer.from('{secret') })

    expect({ invocations, queued }).toEqual({ invocations: [], queued: [] })
    expect(log).toEqual([{ level: 'error', event: 'rule_sql_error', rule: 'echo', topic: 'a/b', code: 'PARSE_ERROR' }])
    expect(JSON.stringify(log)).not.toContain('secret')
  })

  test('has its MQTT 5 properties, user properties repeated or not', async () => {
    const { engine, invocations } = createEngine()
    const sql = `SELECT get_mqtt_property('response_topic') AS response_topic,
      get_mqtt_property('correlation_data') AS correlation_data FROM 'a/+'`
    engine.define({ ...rule, sql })

    await engine.handle({
      ...message,
      properties: {
        responseTopic: 'a/reply',
        correlationData: Buffer.from('c-1'),
        userProperties: { one: '1', more: ['2', '3'] },
      },
    })

    expect(invocations[0]?.event).toEqual({
      response_topic: 'a/reply',
      correlation_data: Buffer.from('c-1').toString('base64'),
    })
  })

  test('does not reach a disabled or a removed rule', async () => {
    const { engine, invocations } = createEngine()
    engine.define({ ...rule, name: 'disabled', isDisabled: true })
    engine.define({ ...rule, name: 'removed' })
    engine.remove('removed')

    await engine.handle(message)

    expect(invocations).toEqual([])
  })
})

describe('an action that fails', () => {
  test('hands the original payload to the error action, with what failed and why, as documented', async () => {
    const { engine, queued, log } = createEngine({ functionFails: 'AccessDenied: no permission' })
    engine.define(rule)

    await engine.handle(message)

    // https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html
    expect(queued.map(({ body }) => JSON.parse(body))).toEqual([
      {
        ruleName: 'echo',
        topic: 'a/b',
        cloudwatchTraceId: 'trace-1',
        clientId: 'lamp-1',
        base64OriginalPayload: Buffer.from('{"n":1}').toString('base64'),
        failures: [
          {
            failedAction: 'LambdaAction',
            failedResource: FUNCTION_ARN,
            errorMessage: 'AccessDenied: no permission',
          },
        ],
      },
    ])
    expect(log).toEqual([
      {
        level: 'error',
        event: 'rule_action_failed',
        rule: 'echo',
        failedAction: 'LambdaAction',
        failedResource: FUNCTION_ARN,
        errorMessage: 'AccessDenied: no permission',
      },
    ])
  })

  test('does not keep the other actions from running', async () => {
    const { engine, queued } = createEngine({ functionFails: 'no' })
    engine.define({ ...rule, actions: [...rule.actions, { ...QUEUE, queueUrl: 'http://127.0.0.1/0/other' }] })

    await engine.handle(message)

    expect(queued.map(({ queueUrl }) => queueUrl)).toEqual(['http://127.0.0.1/0/other', QUEUE.queueUrl])
  })

  test('of a rule without error action rejects, so that the sender is not told that all is well', async () => {
    const { engine } = createEngine({ functionFails: 'no' })
    const { errorAction: _, ...without } = rule
    engine.define(without)

    await expect(engine.handle(message)).rejects.toThrow('rule echo has no error action')
  })

  test('together with its error action rejects too', async () => {
    const { engine } = createEngine({ functionFails: 'no', queueFails: 'the queue is gone' })
    engine.define(rule)

    await expect(engine.handle(message)).rejects.toThrow('the queue is gone')
  })

  test('writes the error as base64 where the action says so', async () => {
    const { engine, queued } = createEngine({ functionFails: 'no' })
    engine.define({ ...rule, errorAction: { ...QUEUE, useBase64: true } })

    await engine.handle(message)

    const body = Buffer.from(queued[0]?.body ?? '', 'base64').toString('utf8')
    expect(JSON.parse(body)).toMatchObject({ ruleName: 'echo' })
  })
})

describe('a rule is refused when it is defined', () => {
  test('for SQL that the engine does not run, with its name and the position', () => {
    const { engine } = createEngine()

    expect(() => engine.define({ ...rule, sql: "SELECT aws_lambda('x') FROM 'a/b'" })).toThrow(
      /rule "echo", line 1, column 8/,
    )
  })

  test('for a FROM that is no topic filter', () => {
    const { engine } = createEngine()

    expect(() => engine.define({ ...rule, sql: "SELECT * FROM 'a/#/b'" })).toThrow(/rule echo: FROM 'a\/#\/b': /)
  })

  test('for the dialect that CloudFormation takes when none is named', () => {
    const { engine } = createEngine()

    expect(() => engine.define({ ...rule, sqlVersion: '2015-10-08' })).toThrow(/2016-03-23/)
  })
})
