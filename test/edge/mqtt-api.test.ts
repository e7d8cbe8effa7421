import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Edge } from '#edge/index.ts'
import { startCallbackReceiver } from './harness/callback-receiver.ts'
import { BASE, call, createEdgeBench, type EdgeBench, until } from './harness/edge-bench.ts'
import { openStream } from './harness/event-stream.ts'

const EVALUATE = 'jamey/conscience/evaluate'
const verdict = { action: 'a', moral_score: 0.5, explanation: 'fine', applied_rules: [], approved: true }

describe('the API below /mqtt', () => {
  let bench: EdgeBench
  let edge: Edge

  beforeAll(async () => {
    bench = await createEdgeBench({
      // the cloud answers evaluations, and refuses one of them
      async onMessage({ topic, payload }) {
        if (topic !== EVALUATE) return
        const { metadata, payload: asked } = JSON.parse(payload.toString())
        if (asked.action === 'silence') return
        const status = asked.action === 'refuse' ? 'error' : 'ok'
        const refusal = {
          code: 'invalid_payload',
          message: 'the payload is not valid: no',
          component: 'x',
          severity: 'error',
        }
        await bench.send('jamey/responses/edge-1', {
          message_id: crypto.randomUUID(),
          timestamp: new Date().toISOString(),
          topic: 'jamey/responses/edge-1',
          payload: status === 'ok' ? verdict : refusal,
          metadata: { correlation_id: metadata.correlation_id, status },
        })
      },
    })
    edge = await bench.start()
  })
  afterAll(() => bench?.[Symbol.asyncDispose]())

  test('publishes any JSON on topics without envelope, and puts the others into one', async () => {
    const flat = await call(edge, '/mqtt/publish', { topic: `${BASE}/command/web`, payload: [1, { a: null }] })
    expect([flat.status, flat.body]).toEqual([
      200,
      {
        status: 'success',
        message: `published to ${BASE}/command/web`,
        topic: `${BASE}/command/web`,
        state: 'sent',
      },
    ])
    expect(bench.published(`${BASE}/command/web`)).toEqual([[1, { a: null }]])

    const payload = { status: 'online', message: 'up', component: 'main' }
    await call(edge, '/mqtt/publish', { topic: 'jamey/events/status', payload })
    expect(bench.published('jamey/events/status')).toMatchObject([{ payload, metadata: { client_id: 'edge-1' } }])
  })

  test('refuses a payload that does not fit the contract, with its code', async () => {
    const { status, body } = await call(edge, '/mqtt/publish', { topic: 'jamey/events/status', payload: {} })
    expect([status, body.code, body.detail]).toEqual([400, 'invalid_payload', body.error])
  })

  test('publishes many, each with an answer of its own', async () => {
    const topic = `${BASE}/response`
    const { status, body } = await call(edge, '/mqtt/publish/batch', {
      messages: [
        { topic, payload: 1 },
        { topic: 'no/topic', payload: 2 },
        { topic, payload: 3 },
      ],
    })
    expect([status, body]).toMatchObject([
      200,
      {
        status: 'error',
        message: 'published 2 of 3',
        results: [{ status: 'success' }, { topic: 'no/topic', code: 'topic_unknown' }, { status: 'success' }],
      },
    ])
    expect(bench.published(topic)).toEqual([1, 3])
  })

  test.each([EVALUATE, 'conscience/evaluate'])('asks on %s and answers with the reply', async (topic) => {
    const { status, body } = await call(edge, '/mqtt/request', { topic, payload: { action: 'a', context: '' } })
    expect([status, body]).toEqual([200, { status: 'success', topic: EVALUATE, payload: verdict }])
  })

  test.each([
    [{ topic: EVALUATE, payload: { action: 'refuse', context: '' } }, 400, 'request_refused'],
    [{ topic: EVALUATE, payload: { action: 'silence', context: '' }, timeoutMs: 20 }, 504, 'reply_timeout'],
    [{ topic: EVALUATE, payload: {} }, 400, 'invalid_payload'],
    [{ topic: `${BASE}/response`, payload: {} }, 400, 'topic_unanswered'],
    [{ topic: 'jamey/events/status', payload: {} }, 400, 'topic_unanswered'],
    [{ topic: 'no/topic', payload: {} }, 404, 'topic_unknown'],
  ])('says of the request %j why there is no reply', async (body, status, code) => {
    const answer = await call(edge, '/mqtt/request', body)
    expect([answer.status, answer.body.code]).toEqual([status, code])
  })

  test('names the function in the header source, as its callers know it', async () => {
    expect((await call(edge, '/mqtt/status')).headers.get('source')).toBe('mqttStatus')
    expect((await call(edge, '/mqtt/publish', {})).headers.get('source')).toBe('mqttPublish')
  })

  test('lists topics and patterns, and ends one callback or all of a topic', async () => {
    await using receiver = await startCallbackReceiver()
    const topic = 'jamey/events/#'
    const urls = [`${receiver.url}?1`, `${receiver.url}?2`]
    for (const callbackUrl of urls) await call(edge, '/mqtt/subscribe', { topic, callbackUrl })
    const { body: made } = await call(edge, '/mqtt/subscribe', { pattern: '*/status', callbackUrl: receiver.url })
    expect(made).toEqual({
      status: 'success',
      message: 'subscribed to */status',
      id: expect.any(Number),
      state: 'granted',
    })

    const { body } = await call(edge, '/mqtt/subscriptions')
    expect(body).toMatchObject({ topics: [topic], patterns: ['*/status'], count: 3 })
    expect(body.subscriptions).toMatchObject([
      { topic, callbackUrl: urls[0], state: 'granted' },
      { topic, callbackUrl: urls[1], state: 'granted' },
      { pattern: '*/status', callbackUrl: receiver.url },
    ])

    const { body: ended } = await call(edge, '/mqtt/unsubscribe', { topic, callbackUrl: urls[0] })
    expect(ended).toEqual({ status: 'success', message: `unsubscribed from ${topic}`, ended: 1 })
    expect((await call(edge, '/mqtt/unsubscribe', { topic })).body.ended).toBe(1)
    expect((await call(edge, '/mqtt/unsubscribe', { pattern: '*/status' })).body.ended).toBe(1)
    expect((await call(edge, '/mqtt/subscriptions')).body.count).toBe(0)
  })

  test.each([{}, { topic: 'a', pattern: 'b' }, { pattern: '' }])('subscribes to nothing for %j', async (body) => {
    expect((await call(edge, '/mqtt/subscribe', body)).status).toBe(400)
  })

  test('subscribes and unsubscribes at the same time, and neither fails', async () => {
    const wanted = { kind: 'topic', filter: 'jamey/memory/updates', callbackUrl: null } as const
    const subscribing = edge.subscribe(wanted)
    expect(await edge.unsubscribe(wanted)).toBe(1)
    expect(await subscribing).toMatchObject({ state: 'pending' })
    expect((await call(edge, '/mqtt/subscriptions')).body.count).toBe(0)
  })

  test('serves a pattern after the topic, over what the topic brings, and nothing else', async () => {
    await using receiver = await startCallbackReceiver()
    await call(edge, '/mqtt/subscribe', { pattern: 'org/*/command*', callbackUrl: `${receiver.url}?pattern` })
    await call(edge, '/mqtt/subscribe', { topic: `${BASE}/command/web`, callbackUrl: `${receiver.url}?topic` })
    await bench.send(`${BASE}/command/web`, { n: 1 })
    await bench.send('jamey/memory/updates', { n: 2 })
    await receiver.untilAccepted(2)

    expect(receiver.received.map(({ path }) => path.split('?')[1])).toEqual(['topic', 'pattern'])
    await call(edge, '/mqtt/unsubscribe', { pattern: 'org/*/command*' })
    await call(edge, '/mqtt/unsubscribe', { topic: `${BASE}/command/web` })
  })

  test('streams messages as they come, by filter and pattern', async () => {
    const stream = await openStream(`${edge.url}/mqtt/messages?filter=jamey/events/%23&pattern=*us`)
    const { signal, ...status } = { status: 'online', message: 'up', component: 'main', signal: 'x' }
    const envelope = (topic: string, payload: unknown) => ({
      message_id: crypto.randomUUID(),
      timestamp: new Date().toISOString(),
      topic,
      payload,
      metadata: { client_id: 'other' },
    })
    const failure = { code: 'x', message: 'y', component: 'z', severity: 'error' }
    await bench.send('jamey/events/errors', envelope('jamey/events/errors', failure))
    await bench.send('jamey/events/status', envelope('jamey/events/status', status))
    const [event] = await stream.take(1)

    expect(event).toMatchObject({
      id: '1',
      event: 'message',
      data: { topic: 'jamey/events/status', payload: status, qos: 1, metadata: { client_id: 'other' } },
    })
    await stream.close()
    await until(() => bench.test.broker !== undefined && edge.health().subscriptions.topics.length === 0)
    expect(signal).toBe('x')
  })

  test('keeps no more subscriptions than its limit', async () => {
    await using other = await createEdgeBench()
    const small = await other.start({ settings: { maxSubscriptions: 1 } })
    const wanted = { topic: 'jamey/events/#', callbackUrl: null }
    expect((await call(small, '/subscribe', wanted)).status).toBe(200)
    expect((await call(small, '/subscribe', wanted)).status).toBe(200)
    const { status, body } = await call(small, '/subscribe', { topic: `${BASE}/response`, callbackUrl: null })
    expect([status, body.code]).toEqual([429, 'subscriptions_full'])
  })

  test('streams no more than its limit, and nothing of a filter without the right', async () => {
    await using other = await createEdgeBench()
    const small = await other.start({ settings: { maxStreams: 1 } })
    expect((await fetch(`${small.url}/mqtt/messages?filter=org/other/%23`)).status).toBe(403)
    const stream = await openStream(`${small.url}/mqtt/messages`)
    const { status, body } = await call(small, '/mqtt/messages')
    expect([status, body.code]).toEqual([429, 'streams_full'])
    await stream.close()
  })

  test('tells how the service is, always with 200', async () => {
    const { status, body } = await call(edge, '/mqtt/status')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      status: 'healthy',
      connection: { ts_client: true, callback_router: true, connected: true },
      configuration: {
        ts_client_host: '127.0.0.1',
        ts_client_port: edge.port,
        callback_host: 'localhost',
        callback_port: 9000,
        enable_callbacks: true,
      },
      subscriptions: { topics: [], patterns: [], handlers: {} },
      device_info: { organization_id: 'acme', robot_instance_id: 'Instance-1' },
      instance_id: edge.instanceId,
      mqtt: { state: 'connected', outbox: 0 },
      callbacks: { waiting: 0, held: 0, dead_letters: 0 },
      store: { ok: true },
      parts: ['broker', 'store', 'callbacks', 'dead letters', 'subscriptions'].map((part) => ({
        part,
        state: 'ok',
        reason: expect.any(String),
      })),
    })
  })

  test('counts for Prometheus', async () => {
    const text = await (await fetch(`${edge.url}/metrics`)).text()
    for (const name of [
      'edge_published_total',
      'edge_received_total',
      'edge_callback_attempts_total{outcome="delivered"}',
      'edge_callback_queue',
      'edge_callback_round_trip_seconds_bucket',
      'edge_mqtt_connections',
      'edge_mqtt_reconnects',
      'edge_mqtt_token_renewals',
      'edge_http_request_seconds_count',
      'edge_connected 1',
    ])
      expect(text).toContain(name)
  })

  test('passes topics outside of the contract on only where that is switched on', async () => {
    await using other = await createEdgeBench()
    const open = await other.start({
      environment: { EDGE_OTHER_TOPICS: 'true' },
      device: { permissions: ['home/#', 'pub:lab/+', `${BASE}/#`] },
    })
    await using receiver = await startCallbackReceiver()
    await call(open, '/subscribe', { topic: 'home/kitchen', callbackUrl: receiver.url })
    await call(open, '/publish', { topic: 'home/kitchen', payload: { t: 21.5 } })
    await receiver.untilAccepted(1)

    expect(receiver.accepted[0]).toMatchObject({ topic: 'home/kitchen', payload: { t: 21.5 } })
    expect((await call(open, '/subscribe', { topic: 'lab/a', callbackUrl: null })).body.code).toBe('topic_denied')
    expect((await call(open, '/publish', { topic: 'lab/a', payload: {} })).status).toBe(200)
  })
})
