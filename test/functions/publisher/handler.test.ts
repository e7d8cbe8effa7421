import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bridgeError, createReply, type OutboundMessage, type RuleEvent } from '#contract/index.ts'
import { type CorrelationStore, createMemoryStore, requestHash, requestKey } from '#correlation/index.ts'
import { createPublisher } from '../../../functions/publisher/handler.ts'
import { createRecordingObserver } from '../../fixtures/recording-observer.ts'
import { CLIENT_ID, CORRELATION_ID, MESSAGE_ID, NOW_MS, ruleEvent, sentEnvelope } from '../../fixtures/rule-event.ts'

const PRIVATE = `jamey/responses/${CLIENT_ID}`
const SECRET = 'the-secret-of-the-payload'
const PAYLOAD = { action: SECRET, context: '' }
const EVENT = ruleEvent(sentEnvelope(PAYLOAD))
const KEY = requestKey({ clientId: CLIENT_ID, correlationId: CORRELATION_ID, messageId: MESSAGE_ID })
const HASH = requestHash(EVENT.topic, PAYLOAD)
const FUNCTION = 'arn:aws:lambda:eu-west-1:123456789012:function:bridge-conscience:$LATEST'

function setUp(
  options: { correlation?: CorrelationStore; publish?: (message: OutboundMessage) => Promise<void> } = {},
) {
  const observer = createRecordingObserver()
  const published: OutboundMessage[] = []
  const correlation = options.correlation ?? createMemoryStore({ keptSeconds: 3_600, nowMs: () => NOW_MS })
  const publisher = createPublisher({
    root: 'jamey',
    correlation,
    observer,
    nowMs: () => NOW_MS,
    newId: () => MESSAGE_ID,
    async publish(message) {
      await options.publish?.(message)
      published.push(message)
    },
  })
  return { publisher, published, observer, correlation }
}

/** A message as it arrives in a destination record: JSON, with its nulls. */
function messageTo(topic: string): OutboundMessage {
  const envelope = createReply(
    { clientId: CLIENT_ID, messageId: MESSAGE_ID, correlationId: CORRELATION_ID },
    { topic, payload: { text: SECRET }, status: 'ok' },
    { messageId: MESSAGE_ID, nowMs: NOW_MS },
  )
  return { topic, qos: 1, envelope, correlation_data: 'AAEC' }
}

// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
const record = (condition: string, responsePayload: unknown, requestPayload: unknown = EVENT) => ({
  version: '1.0',
  timestamp: '2026-11-21T12:00:00.000Z',
  requestContext: { requestId: 'first', functionArn: FUNCTION, condition, approximateInvokeCount: 1 },
  requestPayload,
  ...(responsePayload === undefined
    ? {}
    : { responseContext: { statusCode: 200, executedVersion: '$LATEST' }, responsePayload }),
})
const success = (outcome: unknown) => record('Success', outcome)
const failure = (errorType: string, errorMessage: string, requestPayload?: RuleEvent) =>
  record('RetriesExhausted', { errorType, errorMessage, trace: [SECRET] }, requestPayload)

const TIMEOUT = failure('Sandbox.Timedout', 'RequestId: first Error: Task timed out after 10.00 seconds')

describe('outcomes of handlers', () => {
  test.each(['reply', 'replay'])('a %s is published as it came', async (outcome) => {
    const { publisher, published, observer } = setUp()
    const messages = [messageTo(PRIVATE), messageTo('jamey/memory/updates')]

    expect(await publisher(success({ outcome, messages }))).toEqual({ published: 2 })
    expect(published).toEqual(messages)
    expect(JSON.stringify(published[0]?.envelope)).toBe(JSON.stringify(messages[0]?.envelope))
    expect(observer.counts).toEqual({ MessagesPublished: 2 })
    expect(observer.flushes()).toBe(1)
  })

  test.each(['inFlight', 'deferred', 'none'])('%s is not published', async (outcome) => {
    const { publisher, published } = setUp()

    expect(await publisher(success({ outcome }))).toEqual({ published: 0 })
    expect(published).toEqual([])
  })

  test.each([
    ['a topic that devices publish to', 'jamey/memory/query'],
    ['a topic whose rule would hear it', 'jamey/events/status'],
    ['an unknown topic', 'jamey/other'],
    ['a topic outside the root', 'elsewhere/responses/x'],
    ['a reserved topic', '$aws/things/x/shadow/update'],
    ['a filter', 'jamey/responses/+'],
    ['the private topic of another client', 'jamey/responses/you'],
    ['a request to another client', 'jamey/devices/you/requests'],
  ])('%s is refused, and nothing else of the record goes out', async (_, topic) => {
    const { publisher, published, observer } = setUp()
    const messages = [messageTo(PRIVATE), messageTo(topic)]

    await expect(publisher(success({ outcome: 'reply', messages }))).rejects.toMatchObject({
      code: 'topic_not_publishable',
    })
    expect(published).toEqual([])
    expect(observer.lines).toMatchObject([{ level: 'error', fields: { code: 'topic_not_publishable' } }])
    expect(observer.counts).toEqual({ SystemFaults: 1 })
    expect(observer.flushes()).toBe(1)
  })

  test('what the broker does not take is publish_failed, so that Lambda tries again', async () => {
    const cause = new Error(SECRET)
    const { publisher, observer } = setUp({ publish: () => Promise.reject(cause) })

    await expect(publisher(success({ outcome: 'reply', messages: [messageTo(PRIVATE)] }))).rejects.toMatchObject({
      code: 'publish_failed',
      cause,
    })
    expect(observer.text()).not.toContain(SECRET)
  })
})

describe('requests that died', () => {
  test.each([
    ['a timeout', TIMEOUT, 'handler_timed_out'],
    [
      'a timeout without a type',
      failure('', '2026-11-21T12:00:10Z first Task timed out after 10.00 seconds'),
      'handler_timed_out',
    ],
    [
      'a timeout seen by the chain',
      failure('TimeoutError', '[AbortError]: The operation was aborted.'),
      'handler_timed_out',
    ],
    [
      'out of memory',
      failure('Runtime.OutOfMemory', 'Runtime exited with error: signal: killed'),
      'handler_out_of_memory',
    ],
    ['an exception', failure('TypeError', SECRET), 'handler_failed'],
    ['an exception with the name of an inherited one', failure('constructor', SECRET), 'handler_failed'],
    [
      'a crash',
      failure('Runtime.ExitError', 'RequestId: first Error: Runtime exited with error: exit status 1'),
      'handler_failed',
    ],
    ['an answer of nothing', record('RetriesExhausted', null), 'handler_failed'],
    ['waiting too long', record('EventAgeExceeded', undefined), 'deadline_exceeded'],
  ])('%s is told once, in private', async (_, event, code) => {
    const { publisher, published, observer, correlation } = setUp()
    await correlation.claim({ key: KEY, requestHash: HASH, owner: 'first', leaseMs: 12_000 })

    expect(await publisher(event)).toEqual({ published: 1 })
    expect(published).toMatchObject([
      {
        topic: PRIVATE,
        qos: 1,
        envelope: {
          topic: PRIVATE,
          payload: { code, component: 'bridge-conscience' },
          metadata: { client_id: CLIENT_ID, correlation_id: CORRELATION_ID, in_reply_to: MESSAGE_ID, status: 'error' },
        },
      },
    ])
    expect(observer.lines).toMatchObject([
      {
        level: 'warn',
        event: 'request_failed',
        fields: { code, request_id: 'first', client_id: CLIENT_ID, told: true },
      },
    ])
    expect(JSON.stringify(published) + observer.text()).not.toContain(SECRET)
  })

  test('a request that never ran is told as well, and may then be repeated', async () => {
    const { publisher, correlation } = setUp()

    expect(await publisher(record('EventAgeExceeded', undefined))).toEqual({ published: 1 })
    const repeat = await correlation.claim({ key: KEY, requestHash: HASH, owner: 'second', leaseMs: 12_000 })
    expect(repeat.state).toBe('claimed')
  })

  test('nothing is told while another attempt owns the request', async () => {
    const { publisher, published, observer, correlation } = setUp()
    await correlation.claim({ key: KEY, requestHash: HASH, owner: 'second', leaseMs: 12_000 })

    expect(await publisher(TIMEOUT)).toEqual({ published: 0 })
    expect(published).toEqual([])
    expect(observer.lines).toMatchObject([{ fields: { told: false } }])
  })

  test('nothing is told once another attempt has answered', async () => {
    const { publisher, correlation } = setUp()
    const result = await correlation.claim({ key: KEY, requestHash: HASH, owner: 'second', leaseMs: 12_000 })
    if (result.state === 'claimed') await correlation.complete(result.claim, 'completed', '{}')

    expect(await publisher(TIMEOUT)).toEqual({ published: 0 })
    expect(await correlation.claim({ key: KEY, requestHash: HASH, owner: 'third', leaseMs: 1 })).toEqual({
      state: 'replay',
      reply: '{}',
    })
  })

  test('an error that the broker did not take is sent by the next try', async () => {
    let isDown = true
    const { publisher, published, correlation } = setUp({
      publish: async () => {
        if (isDown) throw new Error('throttled')
      },
    })
    await correlation.claim({ key: KEY, requestHash: HASH, owner: 'first', leaseMs: 12_000 })

    await expect(publisher(TIMEOUT)).rejects.toMatchObject({ code: 'publish_failed' })
    isDown = false
    expect(await publisher(TIMEOUT)).toEqual({ published: 1 })
    expect(published).toHaveLength(1)
  })

  test.each([
    ['no JSON', ruleEvent(SECRET), null],
    ['no envelope', ruleEvent({ metadata: { correlation_id: CORRELATION_ID } }), CORRELATION_ID],
    ['more levels than can be read', ruleEvent('['.repeat(50_000)), null],
    ['an endless nest', ruleEvent(`${'['.repeat(60_000)}${']'.repeat(60_000)}`), null],
  ])('a payload that is %s is told with the ids it gives', async (_, event, correlationId) => {
    const { publisher, published } = setUp()

    expect(await publisher(failure('TypeError', SECRET, event))).toEqual({ published: 1 })
    expect(published).toMatchObject([
      {
        topic: PRIVATE,
        envelope: { payload: { code: 'handler_failed' }, metadata: { correlation_id: correlationId } },
      },
    ])
  })

  test('an event that died is told without a claim', async () => {
    const correlation = createMemoryStore({ keptSeconds: 60 })
    const { publisher, published } = setUp({
      correlation: { ...correlation, abandon: () => Promise.reject(new Error('not asked')) },
    })
    const event = ruleEvent(sentEnvelope({}), { topic: 'jamey/events/status', correlation_data: 'AAEC' })

    expect(await publisher(failure('TypeError', SECRET, event))).toEqual({ published: 1 })
    expect(published).toMatchObject([{ topic: PRIVATE, correlation_data: 'AAEC' }])
  })

  test.each(['n/a', 'a/b', '#'])('nobody is told where the sender %j has no private topic', async (clientId) => {
    const { publisher } = setUp()
    expect(await publisher(failure('TypeError', SECRET, { ...EVENT, client_id: clientId }))).toEqual({ published: 0 })
  })

  test('a store out of reach fails the publisher, so that Lambda tries again', async () => {
    const { publisher, published } = setUp({
      correlation: {
        ...createMemoryStore({ keptSeconds: 60 }),
        abandon: () => Promise.reject(bridgeError('store_unavailable', { operation: 'abandon' })),
      },
    })

    await expect(publisher(TIMEOUT)).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(published).toEqual([])
  })
})

describe('commands of our own workflows', () => {
  test('are published, to any device', async () => {
    const { publisher, published } = setUp()
    const publish = [messageTo('jamey/devices/you/requests'), messageTo('org/acme/device/Instance-1/command/edge')]

    expect(await publisher({ publish })).toEqual({ published: 2 })
    expect(published).toEqual(publish)
  })

  test.each(['jamey/memory/store', 'jamey/events/errors', 'org/acme/device/Instance-1/response', 'other'])(
    'do not reach %s',
    async (topic) => {
      const { publisher, published } = setUp()

      await expect(publisher({ publish: [messageTo(PRIVATE), messageTo(topic)] })).rejects.toMatchObject({
        code: 'topic_not_publishable',
      })
      expect(published).toEqual([])
    },
  )
})

describe('records that nobody sends', () => {
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['an empty object', {}],
    ['an unknown outcome', success({ outcome: 'shout', messages: [messageTo(PRIVATE)] })],
    ['a reply without messages', success({ outcome: 'reply', messages: [] })],
    ['QoS 2', success({ outcome: 'reply', messages: [{ ...messageTo(PRIVATE), qos: 2 }] })],
    ['an outcome that claims to have failed', record('Failure', { outcome: 'none' })],
    ['a request that no rule makes', record('Success', { outcome: 'none' }, { hello: 1 })],
    ['a command with nothing to say', { publish: [] }],
    ['a command with 26 messages', { publish: Array(26).fill(messageTo(PRIVATE)) }],
  ])('%s is outcome_invalid', async (_, event) => {
    const { publisher, published, observer } = setUp()

    await expect(publisher(event)).rejects.toMatchObject({ code: 'outcome_invalid' })
    expect(published).toEqual([])
    expect(observer.text()).not.toContain(SECRET)
  })

  test('are refused whatever they hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything(), async (event) => {
        const { publisher, published } = setUp()
        await expect(publisher(event)).rejects.toMatchObject({ code: 'outcome_invalid' })
        expect(published).toEqual([])
      }),
    )
  })
})
