import type { Message } from '@aws-sdk/client-sqs'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ANSWERABLE_MS, bridgeError, deploymentNames, REQUEST_LIMITS, topicTemplate } from '#contract/index.ts'
import { labelOf, readLetter } from '../../../cli/dlq/letter.ts'

const NOW_MS = 1_800_000_000_000
const STACK = { stage: 'prod', root: 'acme', rulePrefix: deploymentNames('prod').rulePrefix, nowMs: NOW_MS }
const EVALUATE = topicTemplate('acme', 'conscience/evaluate')
const STATUS = topicTemplate('acme', 'events/status')

const textAttribute = (StringValue: string) => ({ DataType: 'String', StringValue })
function event(topic: string, ageMs = 0) {
  const payload = Buffer.from('{"secret":1}').toString('base64')
  return { payload, topic, client_id: 'lamp', received_at_ms: NOW_MS - ageMs }
}
function message(body: unknown, attributes: Record<string, string> = {}, system: Message['Attributes'] = {}): Message {
  return {
    MessageId: 'one',
    Body: typeof body === 'string' ? body : JSON.stringify(body),
    Attributes: { SentTimestamp: String(NOW_MS - 5_000), ...system },
    MessageAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, textAttribute(value)]),
    ),
  }
}
const read = (label: string, ...given: Parameters<typeof message>) => readLetter(message(...given), { ...STACK, label })

describe('the event of a function', () => {
  test('goes back to the function of its queue, as it was', () => {
    const letter = read('conscience', event(EVALUATE), { RequestID: 'r1', ErrorCode: '200', ErrorMessage: 'boom' })

    expect(letter).toMatchObject({
      kind: 'event',
      code: 'handler_failed',
      clientId: 'lamp',
      topic: EVALUATE,
      requestId: 'r1',
      sentAtMs: NOW_MS - 5_000,
      payload: '{"secret":1}',
      origin: { to: 'function', name: 'mqtt-cloud-bridge-prod-conscience', event: JSON.stringify(event(EVALUATE)) },
      outlook: 'runs',
    })
  })

  test.each([
    ['200', bridgeError('store_unavailable', { operation: 'claim' }).message, 'store_unavailable'],
    ['200', '2026-01-01T00:00:00Z r1 Task timed out after 10.00 seconds', 'handler_timed_out'],
    ['200', 'RequestId: r1 Error: Runtime exited with error: signal: killed', 'handler_out_of_memory'],
    ['429', '', 'TooManyRequestsException'],
  ])('that ended with status %s and "%s" has the code %s', (ErrorCode, ErrorMessage, code) => {
    const letter = read('api', event(EVALUATE), { RequestID: 'r1', ErrorCode, ErrorMessage })

    expect(letter.code).toBe(code)
  })

  test('that no attempt was made with had grown too old', () => {
    expect(read('api', event(EVALUATE), { RequestID: 'r1' }).code).toBe('deadline_exceeded')
  })

  test.each([
    [EVALUATE, REQUEST_LIMITS.deadlineMs, 'runs'],
    [EVALUATE, REQUEST_LIMITS.deadlineMs + 1, 'refused'],
    [EVALUATE, ANSWERABLE_MS.request.taken, 'refused'],
    [EVALUATE, ANSWERABLE_MS.request.taken + 1, 'tooLate'],
    [STATUS, ANSWERABLE_MS.request.taken + 1, 'runs'],
    ['of/nobody', ANSWERABLE_MS.request.taken + 1, 'runs'],
  ])('on %s, %i ms old, %s', (topic, ageMs, outlook) => {
    expect(read('conscience', event(topic, ageMs), { RequestID: 'r1' }).outlook).toBe(outlook)
  })

  test('of another shape is known by its queue alone', () => {
    const letter = read('rotator', { Step: 'createSecret' }, { RequestID: 'r1' })

    expect(letter).toMatchObject({ kind: 'event', clientId: undefined, outlook: 'runs' })
    expect(letter.origin).toMatchObject({ to: 'function', name: 'mqtt-cloud-bridge-prod-rotator' })
  })
})

test.each([
  [ANSWERABLE_MS.request.published, 'runs'],
  [ANSWERABLE_MS.request.published + 1, 'tooLate'],
])('an outcome the publisher could not send, %i ms after the request, %s', (ageMs, outlook) => {
  const record = { requestContext: {}, requestPayload: event(EVALUATE, ageMs), responsePayload: {} }
  const letter = read('publisher', record, { RequestID: 'r1', ErrorCode: '200', ErrorMessage: 'x' })

  expect(letter).toMatchObject({ kind: 'record', clientId: 'lamp', topic: EVALUATE, outlook })
  expect(letter.origin).toMatchObject({ name: 'mqtt-cloud-bridge-prod-publisher', event: JSON.stringify(record) })
})

describe('the error of a rule', () => {
  const ruleName = `${STACK.rulePrefix}_conscience_evaluate`
  const failure = (failedResource: string, errorMessage = 'Failed: TooManyRequestsException: Rate exceeded') => ({
    ruleName,
    topic: EVALUATE,
    cloudwatchTraceId: 'trace-1',
    clientId: 'lamp',
    base64OriginalPayload: event(EVALUATE).payload,
    failures: [{ failedAction: 'LambdaAction', failedResource, errorMessage }],
  })
  const ARN = 'arn:aws:lambda:eu-west-1:123456789012:function:mqtt-cloud-bridge-prod-conscience'

  test('goes to the function it was for, as the event the rule would have made', () => {
    const letter = read('ruleErrors', failure(ARN))

    expect(letter).toMatchObject({
      kind: 'ruleError',
      code: 'TooManyRequestsException',
      clientId: 'lamp',
      outlook: 'runs',
    })
    expect(letter.origin).toMatchObject({ to: 'function', name: 'mqtt-cloud-bridge-prod-conscience' })
    expect(letter.origin.to === 'function' && JSON.parse(letter.origin.event)).toEqual({
      payload: event(EVALUATE).payload,
      topic: EVALUATE,
      client_id: 'lamp',
      received_at_ms: NOW_MS - 5_000,
      broker_trace_id: 'trace-1',
    })
  })

  test('that names no function goes to the one of the contract', () => {
    expect(read('ruleErrors', failure('elsewhere')).origin).toMatchObject({ name: 'mqtt-cloud-bridge-prod-conscience' })
  })

  test('without an exception has the action as code', () => {
    expect(read('ruleErrors', failure(ARN, 'no idea')).code).toBe('LambdaAction')
  })

  test('of a rule that nobody knows stays', () => {
    const letter = read('ruleErrors', { ...failure('elsewhere'), ruleName: 'other' })

    expect(letter.origin).toMatchObject({ to: 'nowhere', reason: expect.stringContaining('other') })
    expect(letter.outlook).toBe('stays')
  })
})

test('a message that a queue gave up goes back to that queue', () => {
  const arn = 'arn:aws:sqs:eu-west-1:123456789012:checks'

  expect(read('presence', 'text', {}, { DeadLetterQueueSourceArn: arn })).toMatchObject({
    kind: 'message',
    origin: { to: 'queue', arn, body: 'text' },
    outlook: 'runs',
  })
})

test.each([
  ['arn:aws:lambda:eu-west-1:123456789012:function:other', { to: 'function', name: 'other', event: '{"detail":1}' }],
  ['arn:aws:sqs:eu-west-1:123456789012:other', { to: 'queue', body: '{"detail":1}' }],
  ['arn:aws:states:eu-west-1:123456789012:stateMachine:other', { to: 'nowhere' }],
])('what an EventBridge rule could not give to %s goes to the same', (TARGET_ARN, origin) => {
  const letter = read('bus', { detail: 1 }, { TARGET_ARN, ERROR_CODE: 'NO_PERMISSIONS', RULE_ARN: 'arn' })

  expect(letter).toMatchObject({ kind: 'busEvent', code: 'NO_PERMISSIONS', origin })
  expect(letter.outlook).toBe(origin.to === 'nowhere' ? 'stays' : 'runs')
})

test.each(['no JSON', '{}', '[]', 'null'])('%s from nowhere stays', (body) => {
  expect(read('api', body)).toMatchObject({ kind: 'unknown', origin: { to: 'nowhere' }, outlook: 'stays' })
})

test('whatever lies in a queue is read without an error', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), fc.constantFrom('ruleErrors', 'api'), (body, label) => {
      expect(read(label, body, { RequestID: 'r1' }).payload).toBe(body)
    }),
  )
})

test('a queue is known by its name, and not by another stage that begins alike', () => {
  expect(labelOf('prod', 'https://sqs.eu-west-1.amazonaws.com/123456789012/mqtt-cloud-bridge-prod-dlq-api')).toBe('api')
  expect(labelOf('prod', 'https://x/1/mqtt-cloud-bridge-prod-dlq-x-dlq-api')).toBeUndefined()
  expect(labelOf('prod', 'https://x/1/mqtt-cloud-bridge-prod-tasks')).toBeUndefined()
})
