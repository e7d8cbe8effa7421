import { describe, expect, test } from 'vitest'
import { type DeferredRequest, type PublishCommand, publishCommandSchema, type WorkflowInput } from '#contract/index.ts'
import { createMemoryStore } from '#correlation/index.ts'
import { createReconciler } from '#functions/reconciler/handler.ts'
import { createFinisher } from '#functions/shared/index.ts'
import { createRecordingObserver } from '../../fixtures/recording-observer.ts'
import { CLIENT_ID, CORRELATION_ID, MESSAGE_ID, NOW_MS } from '../../fixtures/rule-event.ts'

const PRIVATE = `jamey/responses/${CLIENT_ID}`
const KEY = `${CLIENT_ID}#${CORRELATION_ID}`
const SECRET = 'the-secret-of-the-payload'
const REQUEST: DeferredRequest = {
  execution: 'abc-0',
  request_key: KEY,
  request_hash: 'hash',
  generation: 0,
  topic_key: 'conscience/review',
  client_id: CLIENT_ID,
  message_id: MESSAGE_ID,
  correlation_id: CORRELATION_ID,
  reply_topic: PRIVATE,
  received_at_ms: NOW_MS,
}
const INPUT: WorkflowInput = { request: REQUEST, payload: { action: SECRET } }
const EXECUTION = { key: KEY, requestHash: 'hash', execution: 'abc-0', generation: 0 }
const RESULT = {
  ...{ action: 'a', moral_score: 0, explanation: 'e', applied_rules: [], approved: true },
  ...{ decision: 'approved', decided_by: 'operator-1', reason: null },
}
const DURABLE_ARN = 'arn:aws:lambda:eu-west-1:123456789012:function:bridge-review:1/durable-execution/abc-0/7f'

const LETTER_IDS = ['0b8f6d1e-51b4-4bb6-9a0e-52c1a7c90001', '0b8f6d1e-51b4-4bb6-9a0e-52c1a7c90002']

const durable = (status: string, executionArn = DURABLE_ARN) => ({
  version: '0',
  source: 'aws.lambda',
  'detail-type': 'Durable Execution Status Change',
  detail: { durableExecutionArn: executionArn, durableExecutionName: 'abc-0', functionArn: 'arn', status },
})
const stateMachine = (status: string, input = JSON.stringify(INPUT)) => ({
  version: '0',
  source: 'aws.states',
  'detail-type': 'Step Functions Execution Status Change',
  detail: { executionArn: 'arn:aws:states:eu-west-1:123456789012:execution:m:abc-0', status, input, name: 'abc-0' },
})
const letters = (...bodies: string[]) => ({
  Records: bodies.map((body, index) => ({ eventSource: 'aws:sqs', messageId: LETTER_IDS[index] ?? '', body })),
})

/** A request that an execution has. */
async function setUp(options: { isRunning?: boolean; input?: string | undefined } = {}) {
  const { isRunning = true } = options
  const input = 'input' in options ? options.input : JSON.stringify(INPUT)
  const observer = createRecordingObserver()
  const correlation = createMemoryStore({ keptSeconds: 3_600, nowMs: () => NOW_MS })
  const claimed = await correlation.claim({ key: KEY, requestHash: 'hash', owner: 'starter', leaseMs: 12_000 })
  if (claimed.state === 'claimed' && isRunning) await correlation.handOver(claimed.claim, 'abc-0', 600)
  const published: PublishCommand[] = []
  const finisher = createFinisher({
    root: 'jamey',
    correlation,
    publish: async (command) => void published.push(command),
    observer,
    component: 'workflow',
    nowMs: () => NOW_MS,
  })
  const reconcile = createReconciler({ finisher, inputOf: async () => input, observer })
  const claim = () => correlation.claim({ key: KEY, requestHash: 'hash', owner: 'repeat', leaseMs: 12_000 })
  return { reconcile, published, observer, correlation, claim }
}

describe('an execution that ended without a word', () => {
  test.each([
    ['a durable execution that failed', durable('FAILED'), 'workflow_failed'],
    ['one that ran out of time', durable('TIMED_OUT'), 'workflow_timed_out'],
    ['one that was stopped', durable('STOPPED'), 'workflow_stopped'],
    ['a state machine that failed', stateMachine('FAILED'), 'workflow_failed'],
    ['one that ran out of time', stateMachine('TIMED_OUT'), 'workflow_timed_out'],
    ['one that was aborted', stateMachine('ABORTED'), 'workflow_stopped'],
    ['one that Lambda could not start', letters(JSON.stringify(INPUT)), 'workflow_failed'],
  ])('%s is answered with %#, in private, and the request may be sent again', async (_, event, code) => {
    const { reconcile, published, observer, claim } = await setUp()

    expect(await reconcile(event)).toEqual({ said: 1 })
    expect(published.map((command) => publishCommandSchema.parse(command).publish)).toMatchObject([
      [
        {
          topic: PRIVATE,
          qos: 1,
          envelope: {
            payload: { code, component: 'workflow', severity: 'critical' },
            metadata: { correlation_id: CORRELATION_ID, in_reply_to: MESSAGE_ID, status: 'error' },
          },
        },
      ],
    ])
    expect(observer.counts).toMatchObject({ WorkflowsReconciled: 1, SystemFaults: 1 })
    expect(observer.text() + JSON.stringify(published)).not.toContain(SECRET)
    expect((await claim()).state).toBe('claimed')
  })

  test('is answered although its starter died before the hand-over', async () => {
    const { reconcile, published } = await setUp({ isRunning: false })

    expect(await reconcile(durable('FAILED'))).toEqual({ said: 1 })
    expect(published).toHaveLength(1)
  })

  test('told of twice gets the same answer twice', async () => {
    const { reconcile, published } = await setUp()
    await reconcile(durable('FAILED'))
    await reconcile(durable('FAILED'))

    const [first, second] = published.map(({ publish }) => JSON.stringify(publish))
    expect(first).toBe(second)
  })

  test('that had its answer stored and not published gets that answer published', async () => {
    const { reconcile, published, correlation } = await setUp()
    const message = { topic: PRIVATE, qos: 1, envelope: { topic: PRIVATE, payload: RESULT, metadata: {} } }
    await correlation.finish(EXECUTION, 'completed', JSON.stringify([message]))

    await reconcile(durable('FAILED'))
    expect(published).toMatchObject([{ publish: [{ envelope: { payload: RESULT } }] }])
  })

  test('that its dead letter tells of after the event is not answered again, and by the letter alone as often as it comes', async () => {
    const told = await setUp()
    await told.reconcile(durable('TIMED_OUT'))
    expect(await told.reconcile(letters(JSON.stringify(INPUT)))).toEqual({ said: 0 })
    expect(told.published).toHaveLength(1)

    const untold = await setUp()
    for (const _ of ['first', 'come back']) await untold.reconcile(letters(JSON.stringify(INPUT)))
    const [first, second] = untold.published.map(({ publish }) => JSON.stringify(publish))
    expect(first).toBe(second)
  })

  test('whose request another one has by now says nothing', async () => {
    const { reconcile, published, correlation, claim } = await setUp()
    await correlation.finish(EXECUTION, 'failed', '[]')
    const repeat = await claim()
    if (repeat.state !== 'claimed') throw new Error(repeat.state)
    await correlation.handOver(repeat.claim, 'abc-1', 600)

    expect(await reconcile(durable('FAILED'))).toEqual({ said: 0 })
    expect(published).toEqual([])
  })

  test('that the service no longer knows is logged', async () => {
    const { reconcile, observer } = await setUp({ input: undefined })

    expect(await reconcile(durable('FAILED'))).toEqual({ said: 0 })
    expect(observer.lines.map(({ event }) => event)).toEqual(['execution_unknown'])
  })
})

describe('the last step of a state machine', () => {
  test('answers with its result', async () => {
    const { reconcile, published, claim } = await setUp()

    expect(await reconcile({ request: REQUEST, result: RESULT })).toEqual({ said: 1 })
    expect(published).toMatchObject([
      { publish: [{ topic: PRIVATE, envelope: { payload: RESULT, metadata: { status: 'ok' } } }] },
    ])
    expect((await claim()).state).toBe('replay')
  })

  test('is held against the contract', async () => {
    const { reconcile, published } = await setUp()
    await reconcile({ request: REQUEST, result: { action: SECRET } })

    expect(published).toMatchObject([
      { publish: [{ envelope: { payload: { code: 'workflow_result_invalid' }, metadata: { status: 'error' } } }] },
    ])
  })

  test('that is larger than a reply may be is answered with the code of that', async () => {
    const { reconcile, published } = await setUp()
    await reconcile({ request: REQUEST, result: { ...RESULT, explanation: 'x'.repeat(130 * 1_024) } })

    expect(published).toMatchObject([{ publish: [{ envelope: { payload: { code: 'reply_too_large' } } }] }])
  })

  test('of a request without envelope is answered without, with its correlation data', async () => {
    const { reconcile, published } = await setUp()
    await reconcile({ request: { ...REQUEST, form: 'bare', correlation_data: 'AAEC' }, result: RESULT })

    expect(published).toMatchObject([{ publish: [{ form: 'bare', correlation_data: 'AAEC' }] }])
  })
})

test.each([
  ['an execution that no starter of ours started', durable('FAILED'), '{"order":7}'],
  ['one whose input is no JSON', durable('FAILED'), '{'],
  ['an event of something else', { source: 'aws.ec2', detail: {} }, undefined],
  ['one that still runs', durable('RUNNING'), undefined],
  ['nothing', null, undefined],
])('%s fails the invocation and is kept for the operator', async (_, event, input) => {
  const { reconcile, observer } = await setUp({ input })

  await expect(reconcile(event)).rejects.toMatchObject({ code: 'workflow_input_invalid' })
  expect(observer.counts).toEqual({ SystemFaults: 1 })
  expect(observer.dimensions.SystemFaults).toEqual([{ code: 'workflow_input_invalid' }])
  expect(observer.text()).not.toContain('order')
})
