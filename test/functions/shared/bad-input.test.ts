import { describe, expect, test } from 'vitest'
import { ANSWERABLE_MS, MAX_PAYLOAD_BYTES, NO_CLIENT_ID, REQUEST_LIMITS, type RuleEvent } from '#contract/index.ts'
import type { Routes } from '../../../functions/shared/index.ts'
import { CLIENT_ID, CORRELATION_ID, NOW_MS, ruleEvent, sentEnvelope } from '../../fixtures/rule-event.ts'
import { codeOf, createChain, EVALUATE, onlyMessage, PRIVATE, RESULT, SECRET } from './chain.ts'

describe('what a device may send wrong', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
  const raw = (payload: string) => JSON.stringify(sentEnvelope(0)).replace('"payload":0', `"payload":${payload}`)
  const bad: [string, RuleEvent, string, { correlation: boolean }][] = [
    ['nothing', ruleEvent(''), 'malformed_json', { correlation: false }],
    ['text', ruleEvent(SECRET), 'malformed_json', { correlation: false }],
    ['half an envelope', ruleEvent(raw('{"a":"').slice(0, 200)), 'malformed_json', { correlation: false }],
    [
      'bytes that are not UTF-8',
      ruleEvent(Buffer.from([0x22, 0xff, 0xfe, 0x22])),
      'malformed_json',
      { correlation: false },
    ],
    ['JSON that is no object', ruleEvent('[1]'), 'invalid_envelope', { correlation: false }],
    ['null', ruleEvent('null'), 'invalid_envelope', { correlation: false }],
    ['a number beyond all numbers', ruleEvent(raw('1e999')), 'invalid_envelope', { correlation: true }],
    ['a bare payload', ruleEvent(EVALUATE), 'invalid_envelope', { correlation: false }],
    [
      'no message id',
      ruleEvent(sentEnvelope(EVALUATE, { message_id: SECRET })),
      'invalid_envelope',
      { correlation: true },
    ],
    [
      'a local time',
      ruleEvent(sentEnvelope(EVALUATE, { timestamp: '2026-11-21' })),
      'invalid_envelope',
      { correlation: true },
    ],
    ['10,000 levels', ruleEvent(raw(nested(10_000))), 'invalid_envelope', { correlation: true }],
    ['60,000 levels', ruleEvent(nested(60_000)), 'invalid_envelope', { correlation: false }],
    ['too many bytes', ruleEvent('x'.repeat(MAX_PAYLOAD_BYTES + 1)), 'payload_too_large', { correlation: false }],
    ['a missing field', ruleEvent(sentEnvelope({ action: SECRET })), 'invalid_payload', { correlation: true }],
    ['a payload that is a list', ruleEvent(sentEnvelope([SECRET])), 'invalid_payload', { correlation: true }],
    [
      'a key as long as the message',
      ruleEvent(sentEnvelope({ method: 'GET', path: '/', headers: { [`${SECRET}${'x'.repeat(120_000)}`]: 1 } }), {
        topic: 'jamey/api/requests',
      }),
      'invalid_payload',
      { correlation: true },
    ],
    [
      'a layer that does not exist',
      ruleEvent(sentEnvelope({ layer: SECRET, content: 'c', tags: [] }), { topic: 'jamey/memory/store' }),
      'unknown_layer',
      { correlation: true },
    ],
    [
      'another client id',
      ruleEvent(sentEnvelope(EVALUATE, { metadata: { client_id: 'you', correlation_id: CORRELATION_ID } })),
      'client_id_mismatch',
      { correlation: true },
    ],
    [
      'the reply topic of another',
      ruleEvent(
        sentEnvelope(EVALUATE, { metadata: { reply_to: 'jamey/responses/you', correlation_id: CORRELATION_ID } }),
      ),
      'reply_to_forbidden',
      { correlation: true },
    ],
    [
      'a foreign MQTT 5 response topic',
      ruleEvent(sentEnvelope(EVALUATE), { response_topic: 'jamey/responses/you' }),
      'reply_to_forbidden',
      { correlation: true },
    ],
    [
      'a topic that has no route',
      ruleEvent(sentEnvelope(EVALUATE), { topic: 'jamey/other' }),
      'topic_unknown',
      { correlation: true },
    ],
    [
      'a request past its deadline',
      ruleEvent(sentEnvelope(EVALUATE), { received_at_ms: NOW_MS - REQUEST_LIMITS.deadlineMs - 1 }),
      'deadline_exceeded',
      { correlation: true },
    ],
  ]
  const routes: Routes = {
    'conscience/evaluate': async () => RESULT,
    'memory/store': () => Promise.reject(new Error('must not run')),
    'api/requests': () => Promise.reject(new Error('must not run')),
  }

  test.each(bad)('%s is answered in private with its code', async (_, event, code, { correlation }) => {
    const chain = createChain({ routes })
    const outcome = await chain.invoke(event)

    expect(outcome.outcome).toBe('reply')
    const { topic, envelope } = onlyMessage(outcome)
    expect(topic).toBe(PRIVATE)
    expect(codeOf(envelope)).toBe(code)
    expect(envelope.metadata).toMatchObject({
      client_id: CLIENT_ID,
      correlation_id: correlation ? CORRELATION_ID : null,
      status: 'error',
    })
    expect(JSON.stringify(envelope).length).toBeLessThan(2_000)
    expect(chain.observer.counts).toEqual({ RequestsRefused: 1 })
    expect(chain.observer.flushes()).toBe(1)
  })

  test.each(bad)('%s leaves one line in the log, without the payload', async (_, event, code) => {
    const chain = createChain({ routes })
    await chain.invoke(event)

    expect(chain.observer.lines).toHaveLength(1)
    expect(chain.observer.lines[0]).toMatchObject({
      level: 'warn',
      event: 'request_refused',
      fields: { code, client_id: CLIENT_ID, broker_trace_id: 'trace-1' },
    })
    expect(chain.observer.text()).not.toContain(SECRET)
    expect(chain.observer.text().length).toBeLessThan(1_000)
  })

  test('a duplicate past the deadline says nothing against the answer that was given', async () => {
    const chain = createChain()
    const event = ruleEvent(sentEnvelope(EVALUATE))
    expect((await chain.invoke(event)).outcome).toBe('reply')

    chain.pass(REQUEST_LIMITS.deadlineMs + 1)
    expect(await chain.invoke(event)).toEqual({ outcome: 'none' })
    expect(chain.runs()).toBe(1)
  })

  test('a request that nobody can be waiting for is dropped with a line in the log', async () => {
    const chain = createChain()
    const late = ruleEvent(sentEnvelope(EVALUATE), { received_at_ms: NOW_MS - ANSWERABLE_MS.request.taken - 1 })

    expect(await chain.invoke(late)).toEqual({ outcome: 'none' })
    expect(chain.runs()).toBe(0)
    expect(chain.observer.lines).toMatchObject([{ level: 'warn', event: 'request_too_old' }])
  })

  test('a repeat that names another reply topic gets the reply as one of that topic', async () => {
    const chain = createChain()
    await chain.invoke(ruleEvent(sentEnvelope(EVALUATE)))
    const repeat = await chain.invoke(ruleEvent(sentEnvelope(EVALUATE), { response_topic: PRIVATE }))
    expect(repeat).toMatchObject({ outcome: 'replay', messages: [{ topic: PRIVATE, envelope: { topic: PRIVATE } }] })
  })

  test('a field that is null and one that is missing are the same request', async () => {
    const chain = createChain()
    await chain.invoke(ruleEvent(sentEnvelope(EVALUATE)))
    const repeat = await chain.invoke(ruleEvent(sentEnvelope({ ...EVALUATE, user_id: null })))
    expect(repeat.outcome).toBe('replay')
  })

  test('a request exactly at its deadline still runs', async () => {
    const event = ruleEvent(sentEnvelope(EVALUATE), { received_at_ms: NOW_MS - REQUEST_LIMITS.deadlineMs })
    expect(codeOf(onlyMessage(await createChain().invoke(event)).envelope)).toBeUndefined()
  })

  test.each([NO_CLIENT_ID, 'a/b', '+', 'a b', ''])(
    'a sender %j that has no private topic is told nothing',
    async (clientId) => {
      const chain = createChain()

      expect(await chain.invoke(ruleEvent(sentEnvelope(EVALUATE), { client_id: clientId }))).toEqual({
        outcome: 'none',
      })
      expect(chain.observer.lines).toMatchObject([{ level: 'warn', fields: { code: 'sender_unverified' } }])
    },
  )

  test.each([undefined, null, {}, { payload: '%', topic: 't', client_id: 'c', received_at_ms: 1 }])(
    'an event that no rule makes fails the invocation: %j',
    async (event) => {
      const chain = createChain()
      await expect(chain.invoke(event)).rejects.toThrow()
      expect(chain.observer.counts).toEqual({ SystemFaults: 1 })
      expect(chain.observer.flushes()).toBe(1)
    },
  )
})
