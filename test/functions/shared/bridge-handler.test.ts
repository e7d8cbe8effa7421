import { describe, expect, test } from 'vitest'
import { CLIENT_ID, CORRELATION_ID, MESSAGE_ID, NOW_MS, ruleEvent, sentEnvelope } from '../../fixtures/rule-event.ts'
import { codeOf, createChain, EVALUATE, HEARTBEAT, onlyMessage, PRIVATE, RESULT } from './chain.ts'

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
    // whoever publishes after a crash publishes all of it; receivers know the notification by its message_id
    const repeat = await chain.invoke(event)
    expect(repeat).toEqual({ ...outcome, outcome: 'replay' })
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
