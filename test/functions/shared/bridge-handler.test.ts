import { describe, expect, test } from 'vitest'
import {
  bridgeError,
  type Envelope,
  MAX_PAYLOAD_BYTES,
  type Outcome,
  outcomeSchema,
  REQUEST_LIMITS,
  type RuleEvent,
} from '#contract/index.ts'
import { type CorrelationStore, createMemoryStore } from '#correlation/index.ts'
import { bridgeHandler, type Routes } from '../../../functions/shared/index.ts'
import { lambdaContext } from '../../fixtures/lambda-context.ts'
import { createRecordingObserver } from '../../fixtures/recording-observer.ts'
import { CLIENT_ID, CORRELATION_ID, MESSAGE_ID, NOW_MS, ruleEvent, sentEnvelope } from '../../fixtures/rule-event.ts'

const PRIVATE = `jamey/responses/${CLIENT_ID}`
const SECRET = 'the-secret-of-the-payload'
const EVALUATE = { action: `help ${SECRET}`, context: SECRET }
const RESULT = { action: 'a', moral_score: 0.5, explanation: SECRET, applied_rules: [], approved: true }
const HEARTBEAT = { client_id: CLIENT_ID, timestamp: '2026-11-21T12:00:00Z' }

/** A chain with real parts; the routes, the store and the clock can be replaced. */
function createChain(options: { routes?: Routes; correlation?: CorrelationStore; sharedReplies?: string[] } = {}) {
  let nowMs = NOW_MS
  let ids = 0
  let runs = 0
  const observer = createRecordingObserver()
  const correlation = options.correlation ?? createMemoryStore({ keptSeconds: 3_600, nowMs: () => nowMs })
  const routes: Routes = options.routes ?? {
    'conscience/evaluate': async () => {
      runs += 1
      return RESULT
    },
  }
  const handler = bridgeHandler(routes, {
    settings: { root: 'jamey', sharedReplies: options.sharedReplies ?? [] },
    correlation,
    observer,
    component: 'conscience',
    nowMs: () => nowMs,
    newId: () => {
      ids += 1
      return `00000000-0000-4000-8000-${String(ids).padStart(12, '0')}`
    },
  })
  let attempts = 0
  return {
    observer,
    correlation,
    runs: () => runs,
    pass: (ms: number) => {
      nowMs += ms
    },
    invoke: (event: unknown, owner?: string) => {
      attempts += 1
      return handler(event, lambdaContext(owner ?? `attempt-${attempts}`))
    },
  }
}

/** The only message of an outcome, after the schema that the publisher reads it with. */
function onlyMessage(outcome: Outcome) {
  const parsed = outcomeSchema.parse(JSON.parse(JSON.stringify(outcome)))
  if (parsed.outcome !== 'reply' && parsed.outcome !== 'replay')
    throw new Error(`expected a reply, got ${parsed.outcome}`)
  expect(parsed.messages).toHaveLength(1)
  const [message] = parsed.messages
  if (!message) throw new Error('unreachable')
  return message
}

const codeOf = (envelope: Envelope) => (envelope.payload as { code?: unknown }).code

describe('a request', () => {
  test('is answered once, with the ids of the request', async () => {
    const chain = createChain()
    const outcome = await chain.invoke(ruleEvent(sentEnvelope(EVALUATE)))

    expect(outcome.outcome).toBe('reply')
    const message = onlyMessage(outcome)
    expect(message).toMatchObject({ topic: 'jamey/conscience/results', qos: 1 })
    expect(message.envelope).toEqual({
      message_id: '00000000-0000-4000-8000-000000000001',
      timestamp: '2026-11-21T12:00:00.000Z',
      topic: 'jamey/conscience/results',
      payload: RESULT,
      metadata: {
        client_id: CLIENT_ID,
        correlation_id: CORRELATION_ID,
        reply_to: null,
        in_reply_to: MESSAGE_ID,
        status: 'ok',
      },
    })
    expect(chain.observer.counts).toEqual({ RequestsAnswered: 1 })
    expect(chain.observer.flushes()).toBe(1)
  })

  test('goes to the handler with defaults filled in and the facts of the broker', async () => {
    const seen: unknown[] = []
    const chain = createChain({
      routes: {
        'memory/query': async ({ topicKey, payload, clientId, requestKey, receivedAtMs, remainingMs }) => {
          seen.push({ topicKey, payload, clientId, requestKey, receivedAtMs, remaining: remainingMs() })
          return { memories: [], total: 0 }
        },
      },
    })
    await chain.invoke(ruleEvent(sentEnvelope({ query: 'q' }), { topic: 'jamey/memory/query' }))

    expect(seen).toEqual([
      {
        topicKey: 'memory/query',
        payload: { query: 'q', layer: null, limit: 10, user_id: null },
        clientId: CLIENT_ID,
        requestKey: `${CLIENT_ID}#${CORRELATION_ID}`,
        receivedAtMs: NOW_MS - 100,
        remaining: 10_000,
      },
    ])
  })

  test('may name its private topic, in the envelope or as MQTT 5 response topic', async () => {
    const named = sentEnvelope(EVALUATE, { metadata: { reply_to: PRIVATE } })
    const unnamed = sentEnvelope(EVALUATE, { metadata: {} })

    expect(onlyMessage(await createChain().invoke(ruleEvent(named))).topic).toBe(PRIVATE)
    const mqtt5 = ruleEvent(unnamed, { response_topic: PRIVATE })
    expect(onlyMessage(await createChain().invoke(mqtt5)).topic).toBe(PRIVATE)
  })

  test('the envelope goes before the MQTT 5 response topic', async () => {
    const event = ruleEvent(sentEnvelope(EVALUATE, { metadata: { reply_to: PRIVATE } }), {
      response_topic: 'jamey/conscience/results',
    })
    expect(onlyMessage(await createChain().invoke(event)).topic).toBe(PRIVATE)
  })

  test('gets its MQTT 5 correlation data back, with replies, replays and errors', async () => {
    const chain = createChain()
    const event = ruleEvent(sentEnvelope(EVALUATE), { correlation_data: 'AAEC' })
    const bad = ruleEvent('nonsense', { correlation_data: 'AwQF' })

    expect(onlyMessage(await chain.invoke(event)).correlation_data).toBe('AAEC')
    expect(onlyMessage(await chain.invoke({ ...event, correlation_data: 'CQkJ' })).correlation_data).toBe('CQkJ')
    expect(onlyMessage(await chain.invoke(bad)).correlation_data).toBe('AwQF')
  })

  test('a handler may notify along with its reply', async () => {
    const note = { id: MESSAGE_ID, layer: 'working', created_at: '2026-11-21T12:00:00Z' } as const
    const chain = createChain({
      routes: {
        'conscience/evaluate': async ({ notify }) => {
          notify('memory/updates', note)
          return RESULT
        },
      },
    })
    const event = ruleEvent(sentEnvelope(EVALUATE))
    const outcome = await chain.invoke(event)

    expect(outcome).toMatchObject({
      outcome: 'reply',
      messages: [
        { topic: 'jamey/conscience/results' },
        { topic: 'jamey/memory/updates', qos: 1, envelope: { payload: note, metadata: { correlation_id: null } } },
      ],
    })
    const repeat = await chain.invoke(event)
    expect(repeat.outcome === 'replay' && repeat.messages).toHaveLength(1)
  })

  test('does not notify what its topic would not take', async () => {
    const chain = createChain({
      routes: {
        'conscience/evaluate': async ({ notify }) => {
          notify('memory/updates', { id: 'no uuid', layer: 'working', created_at: '2026-11-21T12:00:00Z' })
          return RESULT
        },
      },
    })
    await expect(chain.invoke(ruleEvent(sentEnvelope(EVALUATE)))).rejects.toThrow()
  })
})

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
      fields: { code, client_id: CLIENT_ID, trace_id: 'trace-1' },
    })
    expect(chain.observer.text()).not.toContain(SECRET)
    expect(chain.observer.text().length).toBeLessThan(1_000)
  })

  test('a request exactly at its deadline still runs', async () => {
    const event = ruleEvent(sentEnvelope(EVALUATE), { received_at_ms: NOW_MS - REQUEST_LIMITS.deadlineMs })
    expect(codeOf(onlyMessage(await createChain().invoke(event)).envelope)).toBeUndefined()
  })

  test.each(['n/a', 'a/b', '+', 'a b', ''])(
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

describe('a repeated request', () => {
  test('gets the identical envelope, and the handler does not run again', async () => {
    const chain = createChain()
    const first = await chain.invoke(ruleEvent(sentEnvelope(EVALUATE)))
    chain.pass(5_000)
    const repeat = await chain.invoke(
      ruleEvent(
        sentEnvelope(
          { context: SECRET, action: EVALUATE.action },
          { message_id: 'b2c1d0e9-0000-4000-8000-000000000000', timestamp: '2026-11-21T12:00:05Z' },
        ),
      ),
    )

    expect(repeat.outcome).toBe('replay')
    expect(JSON.stringify(onlyMessage(repeat).envelope)).toBe(JSON.stringify(onlyMessage(first).envelope))
    expect(chain.runs()).toBe(1)
    expect(chain.observer.counts).toEqual({ RequestsAnswered: 1, RequestsReplayed: 1 })
  })

  test('is known by its message id where it has no correlation id', async () => {
    const chain = createChain()
    const event = ruleEvent(sentEnvelope(EVALUATE, { metadata: {} }))
    await chain.invoke(event)

    expect((await chain.invoke(event)).outcome).toBe('replay')
  })

  test('with another payload conflicts and does not touch the stored reply', async () => {
    const chain = createChain()
    await chain.invoke(ruleEvent(sentEnvelope(EVALUATE)))
    const conflict = onlyMessage(await chain.invoke(ruleEvent(sentEnvelope({ ...EVALUATE, context: 'other' }))))

    expect(conflict.topic).toBe(PRIVATE)
    expect(codeOf(conflict.envelope)).toBe('correlation_conflict')
    expect((await chain.invoke(ruleEvent(sentEnvelope(EVALUATE)))).outcome).toBe('replay')
  })

  test('of another client is a request of its own', async () => {
    const chain = createChain()
    await chain.invoke(ruleEvent(sentEnvelope(EVALUATE)))
    const other = await chain.invoke(
      ruleEvent(sentEnvelope(EVALUATE, { metadata: { correlation_id: CORRELATION_ID } }), { client_id: 'you' }),
    )

    expect(other.outcome).toBe('reply')
    expect(chain.runs()).toBe(2)
  })

  test('is in flight while the first attempt runs', async () => {
    const gate = Promise.withResolvers<void>()
    const chain = createChain({
      routes: {
        'conscience/evaluate': async () => {
          await gate.promise
          return RESULT
        },
      },
    })
    const first = chain.invoke(ruleEvent(sentEnvelope(EVALUATE)), 'first')
    const repeat = await chain.invoke(ruleEvent(sentEnvelope(EVALUATE)), 'second')
    gate.resolve()

    expect(repeat).toEqual({ outcome: 'inFlight' })
    expect((await first).outcome).toBe('reply')
    expect(chain.observer.counts).toMatchObject({ RequestsInFlight: 1, RequestsAnswered: 1 })
  })

  test('that a workflow will answer is deferred', async () => {
    const correlation: CorrelationStore = {
      ...createMemoryStore({ keptSeconds: 60 }),
      claim: async () => ({ state: 'deferred' }),
    }
    const chain = createChain({ correlation })
    expect(await chain.invoke(ruleEvent(sentEnvelope(EVALUATE)))).toEqual({ outcome: 'deferred' })
  })

  test('runs again after an error', async () => {
    let runs = 0
    const chain = createChain({
      routes: {
        'conscience/evaluate': async () => {
          runs += 1
          if (runs === 1) throw bridgeError('upstream_unreachable')
          return RESULT
        },
      },
    })
    const event = ruleEvent(sentEnvelope(EVALUATE))

    expect(codeOf(onlyMessage(await chain.invoke(event)).envelope)).toBe('upstream_unreachable')
    expect((await chain.invoke(event)).outcome).toBe('reply')
    expect(runs).toBe(2)
  })
})

describe('an attempt that lost its claim', () => {
  test.each<[string, () => Promise<typeof RESULT>]>([
    ['with a result', async () => RESULT],
    ['with an error', () => Promise.reject(bridgeError('upstream_unreachable'))],
  ])('%s says nothing', async (_, finish) => {
    let isFirst = true
    const gate = Promise.withResolvers<void>()
    const chain = createChain({
      routes: {
        'conscience/evaluate': async () => {
          if (!isFirst) return RESULT
          isFirst = false
          await gate.promise
          return finish()
        },
      },
    })
    const event = ruleEvent(sentEnvelope(EVALUATE))
    const slow = chain.invoke(event, 'slow')
    chain.pass(10_000 + REQUEST_LIMITS.leaseMarginMs)
    const taken = await chain.invoke(event, 'quick')
    gate.resolve()

    expect(taken.outcome).toBe('reply')
    expect(await slow).toEqual({ outcome: 'none' })
    expect(chain.observer.counts.LeasesLost).toBe(1)
    expect(chain.observer.lines.at(-1)).toMatchObject({ event: 'lease_lost', fields: { code: 'lease_lost' } })
  })
})

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

  test('is needed by requests', async () => {
    const observer = createRecordingObserver()
    const handler = bridgeHandler(
      { 'conscience/evaluate': async () => RESULT },
      { settings: { root: 'jamey', sharedReplies: [] }, observer, component: 'x', nowMs: () => NOW_MS },
    )
    await expect(handler(event, lambdaContext('one'))).rejects.toThrow('correlation store')
  })
})

describe('an event', () => {
  test('is handled without a claim, a reply or a deadline', async () => {
    const seen: string[] = []
    const chain = createChain({
      routes: {
        'events/heartbeat': async ({ clientId }) => {
          seen.push(clientId)
        },
      },
    })
    const event = ruleEvent(sentEnvelope(HEARTBEAT), { topic: 'jamey/events/heartbeat', received_at_ms: 0 })

    expect(await chain.invoke(event)).toEqual({ outcome: 'none' })
    expect(await chain.invoke(event)).toEqual({ outcome: 'none' })
    expect(seen).toEqual([CLIENT_ID, CLIENT_ID])
    expect(chain.observer.flushes()).toBe(2)
  })

  test('may lead to a notification', async () => {
    const chain = createChain({
      routes: {
        'events/heartbeat': async ({ notify }) => {
          notify('memory/updates', { id: MESSAGE_ID, layer: 'working', created_at: '2026-11-21T12:00:00Z' })
        },
      },
    })
    const outcome = await chain.invoke(ruleEvent(sentEnvelope(HEARTBEAT), { topic: 'jamey/events/heartbeat' }))
    expect(onlyMessage(outcome)).toMatchObject({ topic: 'jamey/memory/updates' })
  })

  test('that is wrong is answered in private as well', async () => {
    const chain = createChain({ routes: { 'events/heartbeat': async () => {} } })
    const event = ruleEvent(sentEnvelope({ client_id: 1 }), { topic: 'jamey/events/heartbeat' })
    expect(codeOf(onlyMessage(await chain.invoke(event)).envelope)).toBe('invalid_payload')
  })
})
