import { describe, expect, test } from 'vitest'
import { createDeviceBench, until, untilEvent } from '../harness/device-bench.ts'

const uuid = () => crypto.randomUUID()
const update = (id: string = uuid()) => ({ id, layer: 'semantic', created_at: '2026-11-20T12:00:00Z' }) as const
const status = (message: string) => ({ status: 'online', message, component: 'test' })
const UPDATES = 'jamey/memory/updates'

describe('a handler', () => {
  test('gets the validated payload and what is known of the message', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    const received: unknown[] = []
    await bridge.on('memory/updates', (payload, message) =>
      received.push({ payload, message: { ...message, acknowledge: undefined } }),
    )

    const body = update()
    const messageId = await bench.send(
      UPDATES,
      { ...body, unknown: 1 },
      { metadata: { correlation_id: 'c', reply_to: 'r', own: true } },
    )
    await until(() => received.length === 1)

    expect(received).toEqual([
      {
        payload: body,
        message: {
          key: 'memory/updates',
          topic: UPDATES,
          params: {},
          messageId,
          timestamp: '2023-11-14T22:13:20.000Z',
          metadata: { client_id: null, correlation_id: 'c', reply_to: 'r', own: true },
          correlationId: 'c',
          replyTo: 'r',
          qos: 1,
          retain: false,
          dup: false,
          userProperties: {},
          contentType: undefined,
        },
      },
    ])
  })

  test.each([
    ['what is no JSON', '{', 'malformed_json'],
    ['what is no envelope', '{"message_id":"x"}', 'invalid_envelope'],
    [
      'an envelope without payload',
      JSON.stringify({ message_id: uuid(), timestamp: '2026-11-20T12:00:00Z', topic: 'x' }),
      'invalid_envelope',
    ],
    [
      'a payload of the wrong shape',
      JSON.stringify({ message_id: uuid(), timestamp: '2026-11-20T12:00:00Z', topic: 'x', payload: {} }),
      'invalid_payload',
    ],
  ])('is spared %s, which is an event and acknowledged', async (_, text, code) => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    await bridge.on('memory/updates', () => expect.unreachable())
    const rejected = untilEvent(bridge, 'rejected')

    await bench.test.broker.publish({ topic: UPDATES, payload: Buffer.from(text), qos: 1 })

    expect(await rejected).toMatchObject({ topic: UPDATES, code, problem: expect.any(String) })
    expect(bridge.metrics()).toMatchObject({ rejected: 1, handled: 0 })
  })

  test('stands beside others on one filter and on filters that overlap, and gets each message once', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    const calls: string[] = []
    await bridge.on('events/status', () => calls.push('first'))
    await bridge.on('events/status', () => calls.push('second'))
    await bridge.on('events/+', () => calls.push('plus'))
    await bridge.on('#', () => calls.push('all'))

    await bench.send('jamey/events/status', status('x'))
    await bench.send('jamey/events/errors', { code: 'x', message: '', component: 'x', severity: 'error' })
    await until(() => calls.length === 6)
    // overlapping filters have it come more than once
    await bridge.ping()

    expect(calls.toSorted()).toEqual(['all', 'all', 'first', 'plus', 'plus', 'second'])
  })

  test('of a wildcard filter is told the key, and gets what is not in the contract as it is', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device({ organizationId: 'acme', deviceId: 'd' })
    const received: unknown[] = []
    await bridge.on('events/#', ({ key, payload }, { topic }) => received.push([key, topic, payload]))
    await bridge.on('org/+/device/#', ({ key }, { params }) => received.push([key, params]), { absolute: true })

    await bench.send('jamey/events/heartbeat', { client_id: 'x', timestamp: '2026-11-20T12:00:00Z' })
    await until(() => received.length === 1)
    await bench.send('jamey/events/own/thing', { free: true })
    await until(() => received.length === 2)
    await bench.test.broker.publish({
      topic: 'org/acme/device/d/response',
      payload: Buffer.from('{"deviceId":"d"}'),
      qos: 1,
    })
    await until(() => received.length === 3)

    expect(received).toEqual([
      [
        'events/heartbeat',
        'jamey/events/heartbeat',
        expect.objectContaining({ client_id: 'x', metrics: expect.anything() }),
      ],
      [undefined, 'jamey/events/own/thing', { free: true }],
      ['org/{organizationId}/device/{deviceId}/response', { organizationId: 'acme', deviceId: 'd' }],
    ])
  })

  test('may stand for all values of a parameter, or share its messages with a group', async () => {
    await using bench = await createDeviceBench()
    const one = await bench.device({ clientId: 'one' })
    const two = await bench.device({ clientId: 'two' })
    const received: string[] = []
    const options = { params: { organizationId: '+', deviceId: '+' }, sharedGroup: 'workers' }
    for (const bridge of [one, two]) {
      await bridge.on(
        'org/{organizationId}/device/{deviceId}/response',
        (_, { topic }) => received.push(topic),
        options,
      )
    }

    for (const deviceId of ['a', 'b', 'c', 'd']) {
      await bench.test.broker.publish({
        topic: `org/acme/device/${deviceId}/response`,
        payload: Buffer.from(JSON.stringify({ deviceId })),
        qos: 1,
      })
    }
    await until(() => received.length === 4)
    await Promise.all([one.ping(), two.ping()])

    expect(received.toSorted()).toEqual(['a', 'b', 'c', 'd'].map((deviceId) => `org/acme/device/${deviceId}/response`))
    expect(
      [...bench.test.broker.connections()].flatMap(({ subscriptions }) => subscriptions.map(({ filter }) => filter)),
    ).toContain('$share/workers/org/+/device/+/response')
  })

  test('that is slow or throws stops neither the others nor pings nor publishes', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    const failures: unknown[] = []
    bridge.onEvent('handlerFailed', ({ error }) => failures.push(error))
    let quick = 0
    await bridge.on('memory/updates', () => new Promise(() => {}))
    await bridge.on('memory/updates', () => {
      throw new Error('always')
    })
    await bridge.on('memory/updates', () => Promise.reject(new Error('later')))
    await bridge.on('memory/updates', () => {
      quick += 1
    })

    for (let index = 0; index < 20; index++) await bench.send(UPDATES, update())
    await until(() => quick === 20)
    await bridge.ping()
    await bridge.publish('events/status', { status: 'online', message: '', component: 'x' })

    expect(failures).toHaveLength(40)
    expect(bridge.metrics()).toMatchObject({ handled: 20, handlerFailures: 40 })
  })

  test('is called for one message after the other, or for as many as it wants', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    const most = { one: 0, four: 0 }
    const running = { one: 0, four: 0 }
    const slow = (name: 'one' | 'four') => async () => {
      running[name] += 1
      most[name] = Math.max(most[name], running[name])
      await new Promise((resolve) => setImmediate(resolve))
      running[name] -= 1
    }
    await bridge.on('memory/updates', slow('one'))
    await bridge.on('memory/updates', slow('four'), { concurrency: 4 })

    for (let index = 0; index < 20; index++) await bench.send(UPDATES, update())
    await until(() => bridge.metrics().handled === 40)

    expect(most).toEqual({ one: 1, four: 4 })
  })

  test('that cannot keep up leaves QoS 1 with the broker and loses QoS 0 visibly', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device({ receiveMaximum: 5 })
    const gate = Promise.withResolvers<void>()
    const handled: string[] = []
    await bridge.on(
      'events/status',
      async ({ message }) => {
        await gate.promise
        handled.push(message)
      },
      { maxWaiting: 2 },
    )
    let overflows = 0
    bridge.onEvent('overflow', () => overflows++)

    for (let index = 0; index < 20; index++) await bench.send('jamey/events/status', status(String(index)))
    // one runs, two wait, and five are left unacknowledged
    await until(() => bridge.metrics().received >= 8)
    await bridge.ping()
    expect(bridge.metrics().received).toBe(8)
    const text = JSON.stringify({
      message_id: uuid(),
      timestamp: '2026-11-20T12:00:00Z',
      topic: 'x',
      payload: status('qos0'),
    })
    await bench.test.broker.publish({ topic: 'jamey/events/status', payload: Buffer.from(text), qos: 0 })
    await until(() => overflows === 1)
    gate.resolve()
    await until(() => handled.length === 20)

    expect(handled).toEqual(Array.from({ length: 20 }, (_, index) => String(index)))
  })

  test('is called no more once it has been stopped, and with the last one the broker sends no more', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    const calls: string[] = []
    const stopFirst = await bridge.on('memory/updates', () => calls.push('first'))
    const stopSecond = await bridge.on('memory/updates', () => calls.push('second'))

    await stopFirst()
    await bench.send(UPDATES, update())
    await until(() => calls.length === 1)
    await stopSecond()
    await stopSecond()
    await bench.send(UPDATES, update())
    await bridge.ping()

    expect(calls).toEqual(['second'])
    expect(bridge.metrics()).toMatchObject({ subscriptions: 0, received: 1 })
  })
})
