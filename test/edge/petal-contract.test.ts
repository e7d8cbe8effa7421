import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Edge } from '#edge/index.ts'
import { BASE, call, createEdgeBench, type EdgeBench } from './harness/edge-bench.ts'
import { type PetalProxy, startPetalProxy } from './harness/petal-proxy.ts'

const COMMAND = `${BASE}/command/edge`
const command = (messageId: string, more: object = {}) => ({
  waitResponse: true,
  messageId,
  deviceId: 'Instance-1',
  command: 'petal-flight-log/fetch_flight_records',
  timestamp: '2026-11-20T12:00:00Z',
  payload: { page: 1 },
  ...more,
})

describe('the manager of the programs', () => {
  let bench: EdgeBench
  let edge: Edge
  let proxy: PetalProxy

  beforeAll(async () => {
    bench = await createEdgeBench()
    edge = await bench.start()
    proxy = await startPetalProxy({ clientUrl: () => edge.url, organizationId: 'acme', deviceId: 'Instance-1' })
    await proxy.start()
  })
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]()
    await bench?.[Symbol.asyncDispose]()
  })
  afterEach(() => expect(proxy.failures).toEqual([]))

  test('finds the service healthy and subscribes to its three topics', () => {
    expect(proxy.isConnected).toBe(true)
    expect(edge.subscriptions().map(({ filter, state }) => [filter, state])).toEqual([
      [COMMAND, 'granted'],
      [`${BASE}/response`, 'granted'],
      [`${BASE}/command`, 'granted'],
    ])
  })

  test('gets a command whole, and its response reaches the cloud as it was sent', async () => {
    const sent = command('b1', { extra: { kept: [1, null] } })
    await bench.send(COMMAND, sent)
    await proxy.until(() => proxy.commands.length === 1)

    expect(proxy.commands).toEqual([sent])
    expect(await proxy.sendCommandResponse('b1', { status: 'success', data: { rows: 3 } })).toBe(true)
    expect(bench.published(`${BASE}/response`)).toEqual([
      {
        messageId: 'b1',
        timestamp: expect.any(String),
        status: 'success',
        data: { rows: 3 },
        deviceId: 'Instance-1',
      },
    ])
    // it listens to its own responses as well, and knows the message id already
    await proxy.until(() => proxy.callbackStatuses.length === 2)
    expect(proxy.messages).toHaveLength(1)
  })

  test('takes a command with missing fields as it tolerates them', async () => {
    await bench.send(COMMAND, { command: 'petal-x/y' })
    await proxy.until(() => proxy.commands.some((one) => one.command === 'petal-x/y'))
  })

  test.each([
    [['a', 1], { value: ['a', 1] }],
    ['"text"', { value: 'text' }],
    ['42', { value: 42 }],
    ['no JSON', { text: 'no JSON' }],
  ])('gets %j wrapped into an object, which is all it takes', async (sent, expected) => {
    const before = proxy.messages.length
    await bench.send(`${BASE}/command`, sent)
    await proxy.until(() => proxy.messages.length > before)

    expect(proxy.messages.at(-1)).toEqual({ topic: `${BASE}/command`, payload: expected })
    expect(proxy.callbackStatuses).not.toContain(422)
  })

  test('is told of a message to the web at each QoS; 2 goes out as 1, with a line in the log', async () => {
    for (const qos of [0, 1, 2] as const) {
      expect(await proxy.publish(`${BASE}/command/web`, { messageId: `q${qos}` }, qos)).toBe(true)
    }
    await bench.untilPublished(`${BASE}/command/web`, 3)

    const sent = bench.test.messages.filter(({ topic }) => topic === `${BASE}/command/web`)
    expect(sent.map(({ qos, retain }) => [qos, retain])).toEqual([
      [0, false],
      [1, false],
      [1, false],
    ])
    expect(bench.logged('qos_lowered')).toHaveLength(1)
  })

  test('subscribes again as often as it likes, and gets each message once', async () => {
    for (let time = 0; time < 3; time++) expect(await proxy.subscribe(COMMAND)).toBe(true)
    expect(edge.subscriptions()).toHaveLength(3)

    await bench.send(COMMAND, command('once'))
    await bench.send(COMMAND, command('after'))
    await proxy.until(() => proxy.commands.some(({ messageId }) => messageId === 'after'))

    expect(proxy.commands.filter(({ messageId }) => messageId === 'once')).toHaveLength(1)
    expect(proxy.callbackStatuses.filter((status) => status !== 200)).toEqual([])
  })

  test('gets a message again after a 200 with an error in it', async () => {
    proxy.failInside(1)
    await bench.send(COMMAND, command('inside'))
    await proxy.until(() => proxy.commands.some(({ messageId }) => messageId === 'inside'))
    expect(bench.logged('callback_failed')).not.toHaveLength(0)
  })

  test('keeps the order of a topic over a failure', async () => {
    const before = proxy.commands.length
    proxy.failInside(1)
    for (const id of ['o1', 'o2', 'o3', 'o4']) await bench.send(COMMAND, command(id))
    await proxy.until(() => proxy.commands.length === before + 4)
    expect(proxy.commands.slice(before).map(({ messageId }) => messageId)).toEqual(['o1', 'o2', 'o3', 'o4'])
  })

  test('ends a subscription, also one that is ended', async () => {
    expect(await proxy.unsubscribe(`${BASE}/command`)).toBe(true)
    expect(await proxy.unsubscribe(`${BASE}/command`)).toBe(true)
    expect(edge.subscriptions().map(({ filter }) => filter)).toEqual([COMMAND, `${BASE}/response`])
  })
})

describe('each of the four calls', () => {
  let bench: EdgeBench
  let edge: Edge

  beforeAll(async () => {
    bench = await createEdgeBench({ denied: new Set([`subscribe ${BASE}/command/web`]) })
    edge = await bench.start()
  })
  afterAll(() => bench?.[Symbol.asyncDispose]())

  test('succeeds with exactly 200 and an object without an error', async () => {
    const answers = [
      await call(edge, '/health'),
      await call(edge, '/subscribe', { topic: COMMAND, callbackUrl: null }),
      await call(edge, '/publish', { topic: `${BASE}/response`, payload: { a: 1 }, qos: 1, callbackUrl: null }),
      await call(edge, '/unsubscribe', { topic: COMMAND }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(answers.map(({ body }) => body.status)).toEqual(['healthy', 'success', 'success', 'success'])
    for (const { body } of answers) expect(body).not.toHaveProperty('error')
  })

  test('takes further fields, and a payload with any of keys', async () => {
    const payload = '{"__proto__":{"a":1},"constructor":{"prototype":2},"n":1}'
    const { status } = await call(edge, '/publish', `{"topic":"${BASE}/response","payload":${payload},"more":[1]}`)
    expect(status).toBe(200)
    expect(bench.test.messages.at(-1)?.payload.toString()).toBe(payload)
  })

  test.each([
    ['/subscribe', {}, 400, 'body_invalid'],
    ['/subscribe', { topic: 'a/#/b', callbackUrl: null }, 400, 'filter_invalid'],
    ['/subscribe', { topic: 'no/such/topic', callbackUrl: null }, 404, 'topic_unknown'],
    ['/subscribe', { topic: COMMAND, callbackUrl: 'http://example.com/' }, 400, 'callback_forbidden'],
    ['/subscribe', { topic: `${BASE}/command/web`, callbackUrl: null }, 403, 'subscribe_refused'],
    ['/publish', { topic: COMMAND, payload: {} }, 403, 'topic_denied'],
    ['/publish', { topic: 'org/other/device/Instance-1/response', payload: {} }, 403, 'topic_denied'],
    ['/publish', { topic: `${BASE}/response`, payload: [1] }, 400, 'body_invalid'],
    ['/publish', { topic: `${BASE}/response`, payload: {}, qos: 3 }, 400, 'body_invalid'],
    ['/publish', { topic: `${BASE}/+`, payload: {} }, 400, 'filter_invalid'],
    ['/publish', '{"topic":', 400, 'body_malformed'],
    ['/unsubscribe', { topic: 1 }, 400, 'body_invalid'],
    ['/nothing', {}, 404, 'route_unknown'],
  ])('%s with %j says why it fails', async (path, body, status, code) => {
    const answer = await call(edge, path, body)
    expect([answer.status, answer.body]).toEqual([status, { error: expect.any(String), code }])
  })

  test('that is refused leaves no subscription behind', async () => {
    await call(edge, '/subscribe', { topic: `${BASE}/command/web`, callbackUrl: null })
    expect(edge.subscriptions()).toEqual([])
  })

  test('is answered while the broker is away, and what was published is sent later', async () => {
    await using away = await createEdgeBench()
    const offline = await away.start({ connected: false, device: { url: 'mqtts://localhost:1' } })

    const { status, body } = await call(offline, '/publish', { topic: `${BASE}/response`, payload: { late: true } })
    expect([status, body.pending]).toEqual([200, true])
    expect((await call(offline, '/subscribe', { topic: COMMAND, callbackUrl: null })).body.pending).toBe(true)
    expect((await call(offline, '/health')).body).toMatchObject({ status: 'unhealthy', mqtt: { outbox: 1 } })

    await offline.close()
    await away.start()
    await away.untilPublished(`${BASE}/response`, 1)
    expect(away.published(`${BASE}/response`)).toEqual([{ late: true }])
  })
})
