import { createHmac } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Edge } from '#edge/index.ts'
import {
  accept,
  type CallbackReceiver,
  type ReceivedCallback,
  startCallbackReceiver,
} from './harness/callback-receiver.ts'
import { BASE, call, createEdgeBench, type EdgeBench, until } from './harness/edge-bench.ts'

const TOPIC = `${BASE}/command`
const numbers = (receiver: CallbackReceiver) => receiver.accepted.map(({ payload }) => payload.n)

describe('a callback', () => {
  let bench: EdgeBench
  let edge: Edge
  let receiver: CallbackReceiver

  beforeAll(async () => {
    bench = await createEdgeBench()
    edge = await bench.start({
      environment: { EDGE_CALLBACK_TIMEOUT_MS: '1500', EDGE_CALLBACK_ATTEMPTS: '3' },
      random: () => 0,
    })
  })
  afterAll(() => bench?.[Symbol.asyncDispose]())
  beforeEach(async () => {
    receiver = await startCallbackReceiver()
    await edge.subscribe({ kind: 'topic', filter: TOPIC, callbackUrl: receiver.url })
  })
  afterEach(async () => {
    await edge.unsubscribe({ kind: 'topic', filter: TOPIC })
    edge.discard()
    await receiver[Symbol.asyncDispose]()
  })

  const send = async (...all: number[]) => {
    for (const n of all) await bench.send(TOPIC, { n })
  }

  test('has topic, payload, time and QoS, and goes over one kept connection', async () => {
    await bench.send(TOPIC, { n: 1, messageId: 'm1' })
    await receiver.untilAccepted(1)
    await send(2, 3, 4)
    await receiver.untilAccepted(4)

    expect(receiver.accepted[0]).toEqual({
      topic: TOPIC,
      payload: { n: 1, messageId: 'm1' },
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      qos: 1,
      messageId: 'm1',
    })
    expect(receiver.received[0]?.headers['content-type']).toBe('application/json')
    expect(receiver.connections()).toBe(1)
  })

  test.each<[string, (receiver: CallbackReceiver) => void]>([
    ['fails', (one) => one.behave((_, response) => response.writeHead(500, { 'x-failed': '1' }).end('{}'))],
    ['hangs', (one) => one.behave(() => {})],
    [
      'answers 200 with an error',
      (one) =>
        one.behave((_, response) => response.setHeader('x-failed', '1').end('{"status": "error", "message": "queue"}')),
    ],
    [
      'closes in the middle of its answer',
      (one) =>
        one.behave((_, response) => {
          response.writeHead(200, { 'content-length': 100, 'x-failed': '1' })
          response.write('{"status":')
          response.socket?.destroy()
        }),
    ],
    ['closes without an answer', (one) => one.behave((_, response) => response.socket?.destroy())],
    ['redirects', (one) => one.behave((_, response) => response.writeHead(307, { location: one.url }).end())],
  ])('whose receiver %s comes again, in order, and every message is accepted once', async (_, misbehave) => {
    misbehave(receiver)
    await send(1, 2, 3)
    await receiver.untilReceived(1)
    receiver.behave((__, response) => accept(response))
    await receiver.untilAccepted(3)

    expect(numbers(receiver)).toEqual([1, 2, 3])
    expect(edge.deadLetters({ afterId: 0, count: 10 }).count).toBe(0)
  })

  test('waits for a receiver that is down, and comes as soon as one message gets through', async () => {
    await receiver.down()
    await send(1, 2, 3)
    await edge.subscribe({ kind: 'topic', filter: `${BASE}/response`, callbackUrl: receiver.url })
    await bench.send(`${BASE}/response`, { n: 4 })
    await until(() => bench.logged('callback_failed').some(({ problem }) => problem === 'ECONNREFUSED'))
    await receiver.up()
    await receiver.untilAccepted(4)

    expect(numbers(receiver).filter((n) => n !== 4)).toEqual([1, 2, 3])
    await edge.unsubscribe({ kind: 'topic', filter: `${BASE}/response` })
  })

  test('that is refused too often is a dead letter, and the next message has its turn', async () => {
    receiver.behave(({ body }, response) =>
      body.payload.n === 1 ? response.writeHead(503, { 'x-failed': '1' }).end() : accept(response),
    )
    await send(1, 2)
    await receiver.untilAccepted(1)

    expect(numbers(receiver)).toEqual([2])
    const { body } = await call(edge, '/mqtt/dead-letters')
    expect(body).toEqual({
      count: 1,
      deadLetters: [
        {
          id: expect.any(Number),
          topic: TOPIC,
          url: receiver.url,
          receivedAt: expect.any(String),
          deadAt: expect.any(String),
          attempts: 3,
          problem: 'status 503',
          callback: { topic: TOPIC, payload: { n: 1 }, timestamp: expect.any(String), qos: 1 },
        },
      ],
    })
  })

  test('with a body that the receiver cannot take is a dead letter at once', async () => {
    receiver.behave((_, response) => response.writeHead(422, { 'x-failed': '1' }).end())
    await send(1)
    await until(() => edge.deadLetters({ afterId: 0, count: 1 }).count === 1)
    expect(receiver.received).toHaveLength(1)
  })

  test('that was given up is sent once more on request, or forgotten', async () => {
    receiver.behave((_, response) => response.writeHead(422, { 'x-failed': '1' }).end())
    await send(1, 2, 3)
    await until(() => edge.deadLetters({ afterId: 0, count: 1 }).count === 3)
    const ids = edge.deadLetters({ afterId: 0, count: 10 }).deadLetters.map(({ id }) => id)
    receiver.behave((_, response) => accept(response))

    expect((await call(edge, '/mqtt/dead-letters/redrive', { ids: [ids[0]] })).body).toEqual({
      status: 'success',
      count: 1,
    })
    await receiver.untilAccepted(1)
    expect((await call(edge, '/mqtt/dead-letters/discard', { ids: [ids[1]] })).body.count).toBe(1)
    expect((await call(edge, '/mqtt/dead-letters/redrive', {})).body.count).toBe(1)
    await receiver.untilAccepted(2)

    expect(numbers(receiver)).toEqual([1, 3])
    expect(edge.deadLetters({ afterId: 0, count: 1 }).count).toBe(0)
    const { status, body } = await call(edge, '/mqtt/dead-letters/redrive', { ids })
    expect([status, body.code]).toEqual([404, 'dead_letter_unknown'])
  })

  test('of a topic that is unsubscribed is not made any more', async () => {
    receiver.behave(() => {})
    await send(1, 2, 3)
    await receiver.untilReceived(1)
    await edge.unsubscribe({ kind: 'topic', filter: TOPIC })
    receiver.behave((_, response) => accept(response))
    await until(() => edge.health().callbacks.waiting === 0)
    expect(receiver.received).toHaveLength(1)
  })

  test('to one URL does not wait for one to another that is slow, nor a topic for a topic', async () => {
    await using slow = await startCallbackReceiver()
    slow.behave(() => {})
    for (let index = 0; index < 50; index++) {
      await edge.subscribe({ kind: 'topic', filter: TOPIC, callbackUrl: `${slow.url}?${index}` })
    }
    await send(1, 2, 3, 4, 5)
    await receiver.untilAccepted(5)
    expect(numbers(receiver)).toEqual([1, 2, 3, 4, 5])
    expect(slow.accepted).toEqual([])
  })
})

describe('the callback queue', () => {
  test('keeps QoS 1 with the broker while it is full, and drops QoS 0 with a line in the log', async () => {
    await using bench = await createEdgeBench()
    const edge = await bench.start({ environment: { EDGE_QUEUE_MAX_MESSAGES: '4' } })
    await using receiver = await startCallbackReceiver()
    let release = () => {}
    receiver.behave((_, response) => {
      release = () => {
        receiver.behave((__, next) => accept(next))
        accept(response)
      }
    })
    // two, so that none has more than its share
    await edge.subscribe({ kind: 'topic', filter: TOPIC, callbackUrl: `${receiver.url}?1` })
    await edge.subscribe({ kind: 'topic', filter: `${BASE}/response`, callbackUrl: `${receiver.url}?2` })
    await bench.send(TOPIC, { n: 1 })
    await bench.send(TOPIC, { n: 2 })
    await bench.send(`${BASE}/response`, { n: 3 })
    await bench.send(`${BASE}/response`, { n: 4 })
    await until(() => edge.health().callbacks.waiting === 4)
    await bench.send(TOPIC, { n: 5 })
    await bench.send(TOPIC, { n: 6 }, 0)
    await until(() => edge.health().callbacks.held === 1 && bench.logged('message_dropped').length === 1)

    receiver.behave((_, response) => accept(response))
    release()
    await receiver.untilAccepted(5)
    expect(numbers(receiver).toSorted()).toEqual([1, 2, 3, 4, 5])
  })

  test('gives a subscription no more than its half, so that the others go on', async () => {
    await using bench = await createEdgeBench()
    const edge = await bench.start({ environment: { EDGE_QUEUE_MAX_MESSAGES: '4' } })
    await using receiver = await startCallbackReceiver()
    await using gone = await startCallbackReceiver()
    await gone.down()
    await edge.subscribe({ kind: 'topic', filter: TOPIC, callbackUrl: gone.url })
    await edge.subscribe({ kind: 'topic', filter: TOPIC, callbackUrl: receiver.url })
    for (let n = 1; n <= 6; n++) await bench.send(TOPIC, { n })
    await receiver.untilAccepted(6)

    expect(numbers(receiver)).toEqual([1, 2, 3, 4, 5, 6])
    expect(edge.deadLetters({ afterId: 0, count: 10 }).deadLetters.map(({ problem }) => problem)).toEqual(
      Array.from({ length: 4 }, () => 'more than 2 messages wait for this callback'),
    )
  })

  test('is there after a restart, with subscriptions, order and what was given up', async () => {
    await using bench = await createEdgeBench()
    await using receiver = await startCallbackReceiver()
    const first = await bench.start()
    await first.subscribe({ kind: 'topic', filter: TOPIC, callbackUrl: receiver.url })
    await receiver.down()
    for (let n = 1; n <= 100; n++) await bench.send(TOPIC, { n })
    await until(() => first.health().callbacks.waiting === 100)
    await first.close()

    await receiver.up()
    const second = await bench.start()
    await receiver.untilAccepted(100)

    expect(numbers(receiver)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
    expect(second.subscriptions()).toMatchObject([{ filter: TOPIC, callbackUrl: receiver.url, state: 'granted' }])
    expect(second.instanceId).not.toBe(first.instanceId)
  })

  test('signs what it posts when it has a secret', async () => {
    await using bench = await createEdgeBench()
    const secret = 'a secret of at least thirty-two characters'
    const edge = await bench.start({ environment: { EDGE_CALLBACK_SECRET: secret } })
    await using receiver = await startCallbackReceiver()
    await edge.subscribe({ kind: 'topic', filter: TOPIC, callbackUrl: receiver.url })
    await bench.send(TOPIC, { n: 1 })
    await receiver.untilAccepted(1)

    const { headers, text } = receiver.received[0] as ReceivedCallback
    const [, seconds, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-edge-signature'])) ?? []
    expect(digest).toBe(createHmac('sha256', secret).update(`${seconds}.${text}`).digest('hex'))
  })

  test('posts nothing while callbacks are switched off, and says so', async () => {
    await using bench = await createEdgeBench()
    const edge = await bench.start({ environment: { PETAL_ENABLE_CALLBACKS: 'false' } })
    await using receiver = await startCallbackReceiver()
    expect((await call(edge, '/subscribe', { topic: TOPIC, callbackUrl: receiver.url })).status).toBe(200)
    const heard = Promise.withResolvers<void>()
    await edge.listen(TOPIC, () => void heard.resolve())
    await bench.send(TOPIC, { n: 1 })
    await heard.promise

    expect(edge.health()).toMatchObject({ connection: { callback_router: false }, callbacks: { waiting: 0 } })
    expect(bench.logged('callbacks_disabled')).toHaveLength(1)
  })
})
