import { describe, expect, test } from 'vitest'
import { MAX_REPUBLISH_HOPS } from '#local/iot/index.ts'
import { createFakeClock } from '../../state/fake-clock.ts'
import { busy, createEngine, FUNCTION_ARN, message, passingOn, QUEUE, RIGHTS, ROLE_ARN, rule } from './set-up.ts'

describe('a message', () => {
  test('that a rule matches goes to its actions as the statement makes it, in the name of the rule', async () => {
    const { engine, invocations, queued } = createEngine()
    engine.define({ ...rule, actions: [...rule.actions, QUEUE] })

    await engine.handle(message)

    const event = { payload: Buffer.from('{"n":1}').toString('base64'), topic: 'a/b', client_id: 'lamp-1' }
    expect(invocations).toEqual([{ functionArn: FUNCTION_ARN, ruleArn: rule.arn, event }])
    expect(queued).toEqual([{ queueUrl: QUEUE.queueUrl, rights: RIGHTS, body: JSON.stringify(event) }])
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
    engine.define({ ...rule, sql: "SELECT *, topic() AS topic FROM 'a/+'" })

    await engine.handle({ ...message, payload: Buffer.from('{secret') })

    expect({ invocations, queued }).toEqual({ invocations: [], queued: [] })
    expect(log).toEqual([{ level: 'error', event: 'rule_sql_error', rule: 'echo', topic: 'a/b', code: 'PARSE_ERROR' }])
    expect(JSON.stringify(log)).not.toContain('secret')
  })

  test('has its MQTT 5 properties, user properties repeated or not', async () => {
    const { engine, invocations } = createEngine()
    const sql = `SELECT get_mqtt_property('response_topic') AS response_topic,
      get_mqtt_property('correlation_data') AS correlation_data, get_user_properties('more') AS more,
      traceid() AS trace FROM 'a/+'`
    engine.define({ ...rule, sql })

    await engine.handle({
      ...message,
      properties: {
        responseTopic: 'a/reply',
        correlationData: Buffer.from('c-1'),
        userProperties: [
          ['more', '2'],
          ['one', '1'],
          ['more', '3'],
        ],
      },
    })

    expect(invocations[0]?.event).toEqual({
      response_topic: 'a/reply',
      correlation_data: Buffer.from('c-1').toString('base64'),
      more: ['2', '3'],
      trace: 'trace-1',
    })
  })

  test.each([
    ['of the cloud, which has no trace id', { origin: 'cloud' }, { principal: 'abc123' }],
    ['of the service, which has no principal either', { origin: 'cloud', principalId: '' }, {}],
  ] as const)('may be one %s', async (_, from, expected) => {
    const { engine, invocations } = createEngine()
    engine.define({ ...rule, sql: "SELECT traceid() AS trace, principal() AS principal FROM 'a/+'" })

    await engine.handle({ ...message, clientId: 'n/a', ...from })

    expect(invocations[0]?.event).toEqual(expected)
  })

  test('does not reach a disabled or a removed rule', async () => {
    const { engine, invocations } = createEngine()
    engine.define({ ...rule, name: 'disabled', isDisabled: true })
    const remove = engine.define({ ...rule, name: 'removed' })
    remove()

    await engine.handle(message)

    expect(invocations).toEqual([])
  })
})

describe('an action that fails', () => {
  test('hands the original payload to the error action, with what failed and why, as documented', async () => {
    const { engine, queued, log } = createEngine({
      fails: { invokeFunction: [new Error('AccessDenied: no permission')] },
    })
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
    const { engine, queued } = createEngine({ fails: { invokeFunction: [new Error('no')] } })
    engine.define({ ...rule, actions: [...rule.actions, { ...QUEUE, queueUrl: 'http://127.0.0.1/0/other' }] })

    await engine.handle(message)

    expect(queued.map(({ queueUrl }) => queueUrl)).toEqual(['http://127.0.0.1/0/other', QUEUE.queueUrl])
  })

  test('of a rule without error action is lost, which the log and the counts tell and the sender does not learn', async () => {
    const { engine, log } = createEngine({ fails: { invokeFunction: [new Error('no')] } })
    const { errorAction: _, ...without } = rule
    engine.define(without)

    await engine.handle(message)

    expect(log).toMatchObject([{ level: 'error', event: 'rule_action_failed', rule: 'echo', errorMessage: 'no' }])
    expect(engine.counts().echo).toMatchObject({ Failure: { Lambda: 1 }, ErrorActionFailure: 0 })
  })

  test('together with its error action is lost too', async () => {
    const { engine, log } = createEngine({
      fails: { invokeFunction: [new Error('no')], sendToQueue: [new Error('the queue is gone')] },
    })
    engine.define(rule)

    await engine.handle(message)

    expect(log).toMatchObject([
      { level: 'error', event: 'rule_action_failed', errorMessage: 'no' },
      {
        level: 'error',
        event: 'rule_error_action_failed',
        rule: 'echo',
        failedAction: 'SqsAction',
        failedResource: QUEUE.queueUrl,
        errorMessage: 'the queue is gone',
      },
    ])
    expect(engine.counts().echo).toMatchObject({ ErrorActionFailure: 1 })
  })

  test('writes the error as base64 where the action says so', async () => {
    const { engine, queued } = createEngine({ fails: { invokeFunction: [new Error('no')] } })
    engine.define({ ...rule, errorAction: { ...QUEUE, useBase64: true } })

    await engine.handle(message)

    const body = Buffer.from(queued[0]?.body ?? '', 'base64').toString('utf8')
    expect(JSON.parse(body)).toMatchObject({ ruleName: 'echo' })
  })
})

describe('a message by Basic Ingest', () => {
  test('runs the rule it names and no other, whatever their filters', async () => {
    const { engine, invocations } = createEngine()
    engine.define({ ...rule, name: 'one', arn: 'one', sql: "SELECT topic() AS topic FROM 'z'" })
    engine.define({ ...rule, name: 'two', arn: 'two', sql: 'SELECT topic() AS topic' })
    engine.define({ ...rule, name: 'three', arn: 'three', sql: "SELECT topic() AS topic FROM 'a/b'" })

    await engine.handle({ ...message, basicIngestRule: 'one' })
    await engine.handle({ ...message, basicIngestRule: 'two' })
    await engine.handle(message)

    expect(invocations.map(({ ruleArn, event }) => [ruleArn, event])).toEqual([
      ['one', { topic: 'a/b' }],
      ['two', { topic: 'a/b' }],
      ['three', { topic: 'a/b' }],
    ])
  })

  test('to a rule that is disabled or not there is logged and counted', async () => {
    const { engine, log, invocations } = createEngine()
    engine.define({ ...rule, isDisabled: true })

    await engine.handle({ ...message, basicIngestRule: 'echo' })
    await engine.handle({ ...message, basicIngestRule: 'nobody' })

    expect(invocations).toEqual([])
    expect(log).toEqual([
      { level: 'error', event: 'rule_not_found', rule: 'echo', topic: 'a/b' },
      { level: 'error', event: 'rule_not_found', rule: 'nobody', topic: 'a/b' },
    ])
    expect(engine.counts()).toMatchObject({ echo: { RuleNotFound: 1 }, nobody: { RuleNotFound: 1 } })
  })
})

test('a rule may listen to events of the service', async () => {
  const { engine, invocations } = createEngine()
  engine.define({ ...rule, sql: "SELECT clientId FROM '$aws/events/presence/connected/+'" })

  await engine.handle({
    ...message,
    topic: '$aws/events/presence/connected/lamp-1',
    payload: Buffer.from('{"clientId":"lamp-1"}'),
  })

  expect(invocations.map(({ event }) => event)).toEqual([{ clientId: 'lamp-1' }])
})

describe('an action whose target is busy', () => {
  test('is tried again, later each time, until the target takes it', async () => {
    const clock = createFakeClock()
    const { engine, invocations, queued, log } = createEngine({ clock, fails: { invokeFunction: [busy(), busy()] } })
    engine.define(rule)

    await engine.handle(message)
    for (const delayMs of [250, 1_000]) {
      await clock.scheduled(delayMs)
      expect(invocations).toEqual([])
      clock.advance(delayMs)
    }
    await engine.settled()

    expect(invocations).toHaveLength(1)
    expect(queued).toEqual([])
    const retried = { level: 'warn', event: 'rule_action_retried', rule: 'echo', action: 'Lambda', reason: 'slow down' }
    expect(log).toEqual([
      { ...retried, delayMs: 250 },
      { ...retried, delayMs: 1_000 },
    ])
    expect(engine.counts().echo).toMatchObject({ Success: { Lambda: 1 }, Failure: {} })
  })

  test('does not hold back the sender, and ends before the engine is settled', async () => {
    const clock = createFakeClock()
    const { engine, invocations } = createEngine({ clock, fails: { invokeFunction: [busy()] } })
    engine.define(rule)

    await engine.handle(message)
    expect(invocations).toEqual([])
    const settled = engine.settled()
    clock.advance(250)
    await settled

    expect(invocations).toHaveLength(1)
  })

  test('is given up at last and reported', async () => {
    const clock = createFakeClock()
    const fails = { invokeFunction: [busy(), busy(), busy(), busy()] }
    const { engine, queued } = createEngine({ clock, fails })
    engine.define(rule)

    await engine.handle(message)
    for (const delayMs of [250, 1_000, 4_000]) {
      await clock.scheduled(delayMs)
      clock.advance(delayMs)
    }
    await engine.settled()

    expect(queued.map(({ body }) => JSON.parse(body).failures[0].errorMessage)).toEqual(['slow down'])
  })
})

test('messages are counted by rule as the metrics of AWS IoT do', async () => {
  const fails = { invokeFunction: [new Error('no')] }
  const { engine } = createEngine({ fails })
  engine.define({
    ...rule,
    sql: "SELECT *, topic() AS topic FROM 'a/+' WHERE n > 0",
    actions: [...rule.actions, QUEUE],
  })

  await engine.handle(message)
  await engine.handle({ ...message, payload: Buffer.from('{"n":0}') })
  await engine.handle({ ...message, payload: Buffer.from('{"n":2}') })

  expect(engine.counts()).toEqual({
    echo: {
      TopicMatch: 3,
      ParseError: 0,
      RuleNotFound: 0,
      RulesExecuted: 2,
      ErrorActionSuccess: 1,
      ErrorActionFailure: 0,
      Success: { Sqs: 2, Lambda: 1 },
      Failure: { Lambda: 1 },
    },
  })
})

test('rules that republish to each other are stopped', async () => {
  const { engine, targets, published, log } = createEngine()
  const { publish } = targets
  targets.publish = async (one, rights) => {
    await publish(one, rights)
    await engine.handle({ ...message, topic: one.topic })
  }
  engine.define(passingOn({ kind: 'republish', topic: 'a/b', roleArn: ROLE_ARN }))

  await engine.handle(message)

  expect(published).toHaveLength(MAX_REPUBLISH_HOPS)
  expect(log).toEqual([{ level: 'error', event: 'rule_republish_loop', topic: 'a/b', hops: MAX_REPUBLISH_HOPS }])
})

test('a statement asks other services in the name of its rule', async () => {
  const { engine, invocations } = createEngine({
    external: {
      call: (call) => Promise.resolve(call.function === 'aws_lambda' ? { answer: call.inputJson } : undefined),
    },
  })
  engine.define({ ...rule, sql: `SELECT aws_lambda("${FUNCTION_ARN}", n) AS asked FROM 'a/+'` })

  await engine.handle(message)

  expect(invocations.map(({ event }) => event)).toEqual([{ asked: { answer: 1 } }])
})

describe('a rule is refused when it is defined', () => {
  test.each([
    ['SQL that does not compile, with the position', { sql: 'SELECT FROM' }, /rule "echo", line 1, column 8/],
    ['a FROM that is no topic filter', { sql: "SELECT * FROM 'a/#/b'" }, /rule echo: FROM 'a\/#\/b': /],
    ['a version that is none', { sqlVersion: '2017-01-01' }, /2016-03-23/],
    [
      'eleven actions',
      { actions: Array.from({ length: 11 }, () => QUEUE) },
      'rule echo: expected at most 10 actions, got 11',
    ],
    [
      'a template that does not compile',
      { actions: [{ kind: 'republish' as const, topic: 'x/${topic(', roleArn: ROLE_ARN }] },
      /rule "echo", line 1/,
    ],
    [
      'a reserved topic without $$',
      { actions: [{ kind: 'republish' as const, topic: '$aws/things/a/shadow/get', roleArn: ROLE_ARN }] },
      'rule echo: expected $$ at the beginning of a reserved topic to republish to, got $aws/things/a/shadow/get',
    ],
    [
      'a workflow, where there are none',
      { actions: [{ kind: 'stepFunctions' as const, stateMachineName: 'review', roleArn: ROLE_ARN }] },
      'rule echo: the local runtime runs no Step Functions state machines, so the action for review cannot be carried out',
    ],
  ])('for %s', (_, changes, reason) => {
    const { engine } = createEngine()

    expect(() => engine.define({ ...rule, ...changes })).toThrow(reason)
  })
})
