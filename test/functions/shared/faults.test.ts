import { describe, expect, test } from 'vitest'
import { bridgeError, REQUEST_LIMITS } from '#contract/index.ts'
import { createMemoryStore } from '#correlation/index.ts'
import { bridgeHandler } from '../../../functions/shared/index.ts'
import { lambdaContext } from '../../fixtures/lambda-context.ts'
import { createRecordingObserver } from '../../fixtures/recording-observer.ts'
import { NOW_MS, ruleEvent, sentEnvelope } from '../../fixtures/rule-event.ts'
import { codeOf, createChain, EVALUATE, onlyMessage, PRIVATE, RESULT, SECRET } from './chain.ts'

describe('a handler', () => {
  const event = ruleEvent(sentEnvelope(EVALUATE))
  const chainOf = (run: () => Promise<unknown>) =>
    createChain({ routes: { 'conscience/evaluate': run as () => Promise<typeof RESULT> } })

  test('that throws fails the invocation with its own error, and its claim stays for the publisher', async () => {
    const fault = new TypeError(`boom ${SECRET}`)
    const chain = chainOf(() => Promise.reject(fault))

    await expect(chain.invoke(event, 'first')).rejects.toBe(fault)
    expect(chain.observer.counts).toEqual({ SystemFaults: 1 })
    expect(chain.observer.lines).toMatchObject([{ level: 'error', fields: { error_name: 'TypeError' } }])
    expect(chain.observer.text()).not.toContain(SECRET)
    expect((await chain.invoke(event, 'second')).outcome).toBe('inFlight')
  })

  test('that gives what its topic would not take fails the invocation', async () => {
    const chain = chainOf(async () => ({ ...RESULT, moral_score: 7 }))
    await expect(chain.invoke(event)).rejects.toThrow()
  })

  test('that gives nothing fails the invocation', async () => {
    await expect(chainOf(async () => undefined).invoke(event)).rejects.toThrow()
  })

  test('that gives too much is answered with reply_too_large, which nobody gets replayed', async () => {
    const chain = chainOf(async () => ({ ...RESULT, explanation: 'x'.repeat(REQUEST_LIMITS.maxReplyBytes) }))
    const message = onlyMessage(await chain.invoke(event))

    expect(message.topic).toBe(PRIVATE)
    expect(codeOf(message.envelope)).toBe('reply_too_large')
    expect((await chain.invoke(event)).outcome).toBe('reply')
  })

  test('that ran into a system fault is answered without the cause', async () => {
    const cause = Object.assign(new Error(`table ${SECRET}`), { name: 'ThrottlingException' })
    const chain = chainOf(() => Promise.reject(bridgeError('store_unavailable', { operation: 'memory' }, { cause })))
    const { envelope } = onlyMessage(await chain.invoke(event))

    expect(envelope.payload).toMatchObject({ code: 'store_unavailable', severity: 'critical', component: 'conscience' })
    expect(chain.observer.lines).toMatchObject([{ level: 'error', fields: { cause: 'ThrottlingException' } }])
    expect(JSON.stringify(envelope) + chain.observer.text()).not.toContain(SECRET)
  })

  test('that outlives its function fails the invocation as a timeout', async () => {
    const observer = createRecordingObserver()
    const handler = bridgeHandler(
      { 'conscience/evaluate': () => new Promise<never>(() => {}) },
      {
        settings: { root: 'jamey', sharedReplies: [] },
        correlation: createMemoryStore({ keptSeconds: 60 }),
        observer,
        component: 'conscience',
        nowMs: () => NOW_MS,
      },
    )
    await expect(handler(event, lambdaContext('slow', 1))).rejects.toMatchObject({ name: 'TimeoutError' })
  })
})

describe('the correlation store', () => {
  const event = ruleEvent(sentEnvelope(EVALUATE))
  const unavailable = () => Promise.reject(bridgeError('store_unavailable', { operation: 'claim' }))

  test('that is out of reach keeps the handler from running', async () => {
    const chain = createChain({ correlation: { ...createMemoryStore({ keptSeconds: 60 }), claim: unavailable } })
    const { envelope } = onlyMessage(await chain.invoke(event))

    expect(envelope.payload).toMatchObject({
      code: 'store_unavailable',
      details: 'the same request may be sent again with its correlation id',
    })
    expect(chain.runs()).toBe(0)
  })

  test('that is lost after the handler ran makes an error, not an unstored reply', async () => {
    const chain = createChain({ correlation: { ...createMemoryStore({ keptSeconds: 60 }), complete: unavailable } })
    expect(codeOf(onlyMessage(await chain.invoke(event)).envelope)).toBe('store_unavailable')
  })

  test('that is lost while an error is stored fails the invocation, so that the publisher tells', async () => {
    const chain = createChain({
      routes: { 'conscience/evaluate': () => Promise.reject(bridgeError('upstream_unreachable')) },
      correlation: { ...createMemoryStore({ keptSeconds: 60 }), complete: unavailable },
    })
    await expect(chain.invoke(event)).rejects.toMatchObject({ code: 'store_unavailable' })
  })

  test('keeps the fault of another store, so that the repeat it invites claims at once', async () => {
    const correlation = createMemoryStore({ keptSeconds: 60, nowMs: () => NOW_MS })
    const chain = createChain({
      correlation,
      routes: {
        'conscience/evaluate': () => Promise.reject(bridgeError('store_unavailable', { operation: 'memory' })),
      },
    })
    await chain.invoke(event)
    await chain.invoke(event)
    expect(chain.observer.lines.filter((line) => line.event === 'request_refused')).toHaveLength(2)
  })

  test('is needed by requests', async () => {
    const observer = createRecordingObserver()
    const handler = bridgeHandler(
      { 'conscience/evaluate': async () => RESULT },
      { settings: { root: 'jamey', sharedReplies: [] }, observer, component: 'x', nowMs: () => NOW_MS },
    )
    await expect(handler(event, lambdaContext('one'))).rejects.toThrow('correlation store')
  })
})
