import { describe, expect, test } from 'vitest'
import { bridgeError } from '#contract/index.ts'
import { createMemoryStore } from '#correlation/index.ts'
import { CLIENT_ID, CORRELATION_ID, MESSAGE_ID, ruleEvent, sentEnvelope } from '../../fixtures/rule-event.ts'
import { EVENT, failure, HASH, KEY, PRIVATE, record, SECRET, setUp, TIMEOUT } from './set-up.ts'

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
          payload: { code, component: 'conscience' },
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

  test('a request without envelope is told in its own form', async () => {
    const event = ruleEvent({ action: SECRET }, { response_topic: PRIVATE, correlation_data: 'AAEC' })
    const { publisher, published } = setUp()

    expect(await publisher(failure('TypeError', SECRET, event))).toEqual({ published: 1 })
    expect(published).toMatchObject([{ topic: PRIVATE, form: 'bare', correlation_data: 'AAEC' }])
  })

  test('a request that never ran is told as well, and may then be repeated', async () => {
    const { publisher, correlation } = setUp()

    expect(await publisher(record('EventAgeExceeded', undefined))).toEqual({ published: 1 })
    const repeat = await correlation.claim({ key: KEY, requestHash: HASH, owner: 'second', leaseMs: 12_000 })
    expect(repeat.state).toBe('claimed')
  })

  test('an environment that was killed for its memory is told as such', async () => {
    const { publisher, published } = setUp()
    await publisher(failure('Runtime.ExitError', 'RequestId: first Error: Runtime exited with error: signal: killed'))
    expect(published[0]?.envelope.payload).toMatchObject({ code: 'handler_out_of_memory' })
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
