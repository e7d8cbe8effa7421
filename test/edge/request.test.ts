import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Edge } from '#edge/index.ts'
import { BASE, call, createEdgeBench, type EdgeBench, until } from './harness/edge-bench.ts'

const COMMAND_WEB = `${BASE}/command/web`
const RESPONSE = `${BASE}/response`
const KEY = 'org/{organizationId}/device/{deviceId}/command/web'

describe('a request to web clients, whose messages are flat', () => {
  let bench: EdgeBench
  let edge: Edge

  beforeAll(async () => {
    bench = await createEdgeBench({
      // a page of the device's web client
      async onMessage({ topic, payload }) {
        if (topic !== COMMAND_WEB) return
        const { messageId, answers = [] } = JSON.parse(payload.toString()) as { messageId: string; answers?: object[] }
        for (const answer of answers) await bench.send(RESPONSE, { messageId, deviceId: 'Instance-1', ...answer })
      },
    })
    edge = await bench.start()
  })
  afterAll(() => bench?.[Symbol.asyncDispose]())

  const ask = (payload: unknown, more: object = {}) =>
    call(edge, '/mqtt/request', { topic: COMMAND_WEB, payload, timeoutMs: 20_000, ...more })

  test.each([COMMAND_WEB, KEY])(
    'on %s is answered by the message with its id on the topic of responses',
    async (topic) => {
      const { status, body } = await ask({ messageId: topic, answers: [{ status: 'success', seen: true }] }, { topic })
      expect([status, body]).toEqual([
        200,
        {
          status: 'success',
          topic: COMMAND_WEB,
          payload: { messageId: topic, deviceId: 'Instance-1', status: 'success', seen: true },
        },
      ])
    },
  )

  test('goes out with id, device and the wish for an answer, whatever its payload says', async () => {
    const sent = { waitResponse: false, command: 'confirm', answers: [{}] }
    const { status } = await ask(sent, { correlationId: 'asked-1' })

    expect(status).toBe(200)
    expect(bench.published(COMMAND_WEB).at(-1)).toEqual({
      ...sent,
      messageId: 'asked-1',
      deviceId: 'Instance-1',
      waitResponse: true,
    })
    const { properties } = bench.test.messages.findLast(({ topic }) => topic === COMMAND_WEB) ?? {}
    expect(properties?.responseTopic).toBe(RESPONSE)
    expect(properties?.correlationData?.toString()).toBe('asked-1')
  })

  test('takes word of progress for no answer, nor what has another id', async () => {
    const answers = [{ status: 'progress' }, { messageId: 'another', n: 1 }, { status: 'success', n: 2 }]
    expect((await ask({ answers })).body.payload).toMatchObject({ n: 2 })
  })

  test('is told of a refusal, with its code and text', async () => {
    const { status, body } = await ask({
      answers: [{ status: 'error', error_code: 'NO_PAGE', message: 'nobody looks' }],
    })
    expect([status, body.code]).toEqual([502, 'request_refused'])
    expect(body.error).toContain('NO_PAGE: nobody looks')
  })

  test.each([
    [{ payload: { answers: [{ deviceId: 7 }] } }, 502, 'reply_invalid'],
    [{ payload: {}, timeoutMs: 20 }, 504, 'reply_timeout'],
    [{ payload: [1] }, 400, 'invalid_payload'],
    [{ payload: 'text' }, 400, 'invalid_payload'],
    [{ payload: {}, replyTopic: 'a/b' }, 400, 'body_invalid'],
    [{ payload: {}, topic: `${BASE}/command/edge` }, 403, 'topic_denied'],
    [{ payload: {}, topic: `${BASE}/telemetry` }, 400, 'topic_unanswered'],
    [{ payload: {}, topic: 'org/other/device/Instance-1/command/web' }, 403, 'topic_denied'],
  ])('says of %j why there is no reply', async (body, status, code) => {
    const answer = await call(edge, '/mqtt/request', { topic: COMMAND_WEB, timeoutMs: 20_000, ...body })
    expect([answer.status, answer.body.code]).toEqual([status, code])
  })

  test('gets its own reply among many at the same time', async () => {
    const all = Array.from({ length: 50 }, (_, n) => ask({ answers: [{ n }] }))
    const numbers = (await Promise.all(all)).map(({ body }) => (body.payload as { n: number }).n)
    expect(numbers).toEqual(Array.from({ length: 50 }, (_, n) => n))
  })

  test('leaves the device subscribed to its responses', async () => {
    expect(bench.test.broker.subscriptionsOf('edge-1')?.map(({ filter }) => filter)).toContain(RESPONSE)
  })

  test('is made in the process, too', async () => {
    const { payload } = await edge.request({ topic: KEY, payload: { answers: [{ n: 1 }] } })
    expect(payload).toMatchObject({ n: 1 })
  })
})

describe('a request on a topic outside the contract', () => {
  const TOPIC = 'home/lamp'
  let bench: EdgeBench
  let edge: Edge

  beforeAll(async () => {
    bench = await createEdgeBench({
      denied: new Set(['subscribe home/denied']),
      // whoever answers goes by the properties, or by the id in the message
      async onMessage({ topic, payload, properties: { responseTopic = '', correlationData } }) {
        if (!topic.startsWith('home/')) return
        const asked = JSON.parse(payload.toString()) as { messageId?: string; by?: string; text?: string }
        const text = asked.text ?? JSON.stringify({ topic: responseTopic, messageId: asked.messageId })
        const failure: [string, string][] = [['status', 'error']]
        await bench.test.broker.publish({
          topic: responseTopic,
          qos: 1,
          payload: Buffer.from(text),
          properties: {
            ...(asked.by !== 'id' && { correlationData }),
            ...(asked.by === 'failure' && { userProperties: failure }),
          },
        })
      },
    })
    edge = await bench.start({
      environment: { EDGE_OTHER_TOPICS: 'true' },
      device: { permissions: ['home/#', 'pub:lab/+', `${BASE}/#`] },
    })
  })
  afterAll(() => bench?.[Symbol.asyncDispose]())

  const ask = (payload: unknown, more: object = {}) =>
    call(edge, '/mqtt/request', { topic: TOPIC, payload, timeoutMs: 20_000, ...more })

  test('is answered by response topic and correlation data', async () => {
    expect((await ask({})).body).toEqual({
      status: 'success',
      topic: TOPIC,
      payload: { topic: `${TOPIC}/responses/edge-1` },
    })
    expect((await ask({}, { replyTopic: 'home/answers' })).body.payload).toEqual({ topic: 'home/answers' })
  })

  test('is answered by its message id, for those who see no properties', async () => {
    expect((await ask({ by: 'id', messageId: 'm1' })).body.payload).toMatchObject({ messageId: 'm1' })
  })

  test('is answered with an object, as callbacks are', async () => {
    expect((await ask({ text: 'on' })).body.payload).toEqual({ text: 'on' })
    expect((await ask({ text: '[1]' })).body.payload).toEqual({ value: [1] })
  })

  test('is told of a failure', async () => {
    const { status, body } = await ask({ by: 'failure', text: '{"code":"broken","message":"no bulb"}' })
    expect([status, body.code]).toEqual([502, 'request_refused'])
    expect(body.error).toContain('broken: no bulb')
  })

  test('is subscribed to its replies no longer than it waits', async () => {
    await ask({})
    const filters = () => bench.test.broker.subscriptionsOf('edge-1')?.map(({ filter }) => filter) ?? []
    await until(() => !filters().some((filter) => filter.startsWith('home/')))
  })

  test.each([
    [{ topic: 'home/silent', replyTopic: 'home/+' }, 400, 'filter_invalid'],
    [{ topic: 'lab/a' }, 403, 'topic_denied'],
    [{ replyTopic: 'home/denied' }, 403, 'subscribe_refused'],
    [{ topic: 'lab/a', replyTopic: 'home/answers', timeoutMs: 20 }, 504, 'reply_timeout'],
    [{ topic: 'other/a' }, 403, 'topic_denied'],
  ])('says of %j why there is no reply', async (more, status, code) => {
    const answer = await ask({}, more)
    expect([answer.status, answer.body.code]).toEqual([status, code])
  })
})

test('a request while the broker is away ends with its time, and is not sent later', async () => {
  await using bench = await createEdgeBench()
  const away = await bench.start({ connected: false, device: { url: 'mqtts://localhost:1' } })
  const { status, body } = await call(away, '/mqtt/request', { topic: COMMAND_WEB, payload: {}, timeoutMs: 20 })
  expect([status, body.code]).toEqual([504, 'reply_timeout'])
  await away.close()

  const back = await bench.start()
  await back.publish({ topic: COMMAND_WEB, payload: { n: 1 } })
  expect(bench.published(COMMAND_WEB)).toEqual([{ n: 1 }])
})

test('a request over a connection that was lost ends with its time, and is not sent later', async () => {
  await using bench = await createEdgeBench()
  const edge = await bench.start({ device: { reconnect: { minIntervalMs: 60_000 } } })
  await until(() => bench.logged('subscribed').some(({ filter }) => filter === RESPONSE))
  bench.test.broker.disconnect('edge-1')
  await until(() => !edge.health().connection.connected)
  const { status, body } = await call(edge, '/mqtt/request', { topic: COMMAND_WEB, payload: {}, timeoutMs: 20 })
  expect([status, body.code, edge.health().mqtt.outbox]).toEqual([504, 'reply_timeout', 0])
  await edge.close()

  const back = await bench.start()
  await back.publish({ topic: COMMAND_WEB, payload: { n: 1 } })
  expect(bench.published(COMMAND_WEB)).toEqual([{ n: 1 }])
})
