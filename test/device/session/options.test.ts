import { describe, expect, test } from 'vitest'
import { connect, jamey, TIMEOUTS } from '#device/index.ts'
import { createDeviceBench, until, untilState } from '../harness/device-bench.ts'
import { createDeviceClock } from '../harness/device-clock.ts'
import { createPacketServer } from '../harness/packet-server.ts'

const status = { status: 'online', message: 'here', component: 'test' } as const

describe('the timeouts', () => {
  test('of the presets are those of local links, the internet, and satellites', () => {
    const seconds = (preset: keyof typeof TIMEOUTS) => {
      const { connectMs, publishMs, subscribeMs, unsubscribeMs, pingMs, requestMs } = TIMEOUTS[preset]
      return [connectMs, publishMs, subscribeMs, unsubscribeMs, pingMs, requestMs].map((ms) => ms / 1_000)
    }

    expect(seconds('local')).toEqual([5, 3, 3, 3, 2, 5])
    expect(seconds('internet')).toEqual([30, 10, 10, 10, 5, 30])
    expect(seconds('satellite')).toEqual([120, 60, 60, 60, 30, 120])
  })

  test.each([
    ['local', 3_000, 5_000],
    [undefined, 10_000, 30_000],
    ['satellite', 60_000, 120_000],
    [{ publishMs: 7, requestMs: 11 }, 7, 11],
  ] as const)('%j end a publish after %i ms and a request after %i ms', async (timeouts, publishMs, requestMs) => {
    const clock = createDeviceClock()
    await using server = await createPacketServer((packet) => (packet.cmd === 'publish' ? [] : undefined))
    await using bridge = await connect(jamey, {
      url: server.url,
      clientId: 'd',
      clock,
      keepAliveSeconds: 0,
      ...(timeouts && { timeouts }),
    })

    const published = bridge.publish('events/status', status)
    const requested = bridge.request('conscience/evaluate', { action: 'a', context: '' })
    const ended: string[] = []
    published.catch(({ code }) => ended.push(code))
    requested.catch(({ code }) => ended.push(code))
    await until(() => server.received('publish').length === 2)
    clock.advance(publishMs - 1)
    await bridge.ping()
    expect(ended).toEqual([])
    clock.advance(1)
    await until(() => ended.length === 1)
    clock.advance(requestMs - publishMs)
    await until(() => ended.length === 2)

    expect(ended).toEqual(['operation_timeout', 'reply_timeout'])
    await bridge.close({ timeoutMs: 0 })
  })
})

test('reconnect delays follow their options', async () => {
  await using bench = await createDeviceBench()
  const bridge = await bench.device({
    random: () => 1,
    reconnect: { minIntervalMs: 0, baseDelayMs: 100, factor: 3, maxDelayMs: 500, jitter: 0.5 },
  })
  const delays: number[] = []
  bridge.onState((state) => state.status === 'reconnecting' && delays.push(state.delayMs))

  bench.proxy.refuse()
  for (let count = 2; count <= 5; count++) {
    await until(() => delays.length === count)
    bench.clock.advance(1_000)
  }

  expect(delays).toEqual([0, 150, 450, 750, 750].slice(0, delays.length))
  expect(delays.length).toBeGreaterThanOrEqual(5)
})

test('a Will stands on the topic of its parameters', async () => {
  await using server = await createPacketServer()
  const topic = 'org/{organizationId}/device/{deviceId}/response'

  await using _ = await connect(jamey, {
    url: server.url,
    clientId: 'd',
    organizationId: 'acme',
    will: { topic, payload: { deviceId: 'x' }, params: { deviceId: 'x' } },
  })

  expect(server.received('connect')[0]?.will?.topic).toBe('org/acme/device/x/response')
})

test('a broker may use as many topic aliases as it was told', async () => {
  await using server = await createPacketServer()
  await using bridge = await connect(jamey, { url: server.url, clientId: 'd', topicAliasMaximum: 2 })
  const received: string[] = []
  await bridge.on('events/status', (_, { topic }) => received.push(topic))
  const send = (topic: string) => {
    const message = { message_id: crypto.randomUUID(), timestamp: '2026-11-20T12:00:00Z', topic: 'x', payload: status }
    const payload = JSON.stringify(message)
    server
      .last()
      .send({ cmd: 'publish', topic, qos: 0, dup: false, retain: false, payload, properties: { topicAlias: 1 } })
  }

  send('jamey/events/status')
  send('')
  await until(() => received.length === 2)

  expect(received).toEqual(['jamey/events/status', 'jamey/events/status'])
})

test('what the broker would not take is an error before the wire', async () => {
  await using server = await createPacketServer((packet) =>
    packet.cmd === 'connect'
      ? { cmd: 'connack', reasonCode: 0, sessionPresent: false, properties: { maximumPacketSize: 1_000 } }
      : undefined,
  )
  await using bridge = await connect(jamey, { url: server.url, clientId: 'd' })

  const large = bridge.publish('events/status', { ...status, message: 'x'.repeat(1_000) })

  await expect(large).rejects.toMatchObject({ code: 'payload_too_large', details: { limitBytes: 981 } })
  await bridge.publish('events/status', status)
  expect(server.received('publish')).toHaveLength(1)
})

test('a larger packet than was allowed ends the connection', async () => {
  await using server = await createPacketServer()
  await using bridge = await connect(jamey, {
    url: server.url,
    clientId: 'd',
    maxPacketBytes: 600,
    reconnect: { minIntervalMs: 0 },
  })
  const lost = untilState(bridge, 'reconnecting')

  server.last().send({ cmd: 'publish', topic: 'x', qos: 0, dup: false, retain: false, payload: 'x'.repeat(700) })

  expect((await lost).reason).toMatchObject({ code: 'protocol_error', message: expect.stringContaining('600') })
})

test('a subscription has the QoS of the contract, or its own, and the higher one of two', async () => {
  await using server = await createPacketServer()
  await using bridge = await connect(jamey, { url: server.url, clientId: 'd' })

  await bridge.on('events/heartbeat', () => {})
  await bridge.on('events/heartbeat', () => {}, { qos: 1 })
  await bridge.on('events/heartbeat', () => {}, { qos: 0 })
  await bridge.on('memory/updates', () => {}, { qos: 0 })

  expect(server.received('subscribe').flatMap(({ subscriptions }) => subscriptions)).toMatchObject([
    { topic: 'jamey/events/heartbeat', qos: 0 },
    { topic: 'jamey/events/heartbeat', qos: 1 },
    { topic: 'jamey/memory/updates', qos: 0 },
  ])
})

test('close ends with its signal', async () => {
  await using server = await createPacketServer((packet) => (packet.cmd === 'publish' ? [] : undefined))
  const bridge = await connect(jamey, { url: server.url, clientId: 'd' })
  const published = bridge.publish('events/status', status).catch(({ code }) => code)

  await bridge.close({ signal: AbortSignal.abort() })

  expect(await published).toBe('closed')
})

test('an unsubscribe without an answer ends in time, and every operation with its signal', async () => {
  const clock = createDeviceClock()
  await using server = await createPacketServer((packet) =>
    packet.cmd === 'unsubscribe' || packet.cmd === 'pingreq' ? [] : undefined,
  )
  await using bridge = await connect(jamey, { url: server.url, clientId: 'd', clock, keepAliveSeconds: 0 })
  const stop = await bridge.on('memory/updates', () => {})
  const stopOther = await bridge.on('events/status', () => {})
  const controller = new AbortController()

  const stopped = stop()
  const aborted = [stopOther({ signal: controller.signal }), bridge.ping({ signal: controller.signal })]
  controller.abort()
  for (const operation of aborted) await expect(operation).rejects.toMatchObject({ code: 'aborted' })
  clock.advance(10_000)

  await expect(stopped).rejects.toMatchObject({ code: 'operation_timeout', details: { operation: 'unsubscribe' } })
})

test('the counters of a bridge add up', async () => {
  await using bench = await createDeviceBench()
  const bridge = await bench.device()
  await bridge.on('memory/updates', () => {})

  await bridge.publish('events/status', status)
  await bridge.publish('events/heartbeat', { client_id: 'd', timestamp: '2026-11-20T12:00:00Z' })
  await bench.send('jamey/memory/updates', {
    id: crypto.randomUUID(),
    layer: 'semantic',
    created_at: '2026-11-20T12:00:00Z',
  })
  await until(() => bridge.metrics().handled === 1)
  await bridge.ping()

  expect(bridge.metrics()).toEqual({
    published: 2,
    acknowledged: 1,
    resent: 0,
    received: 1,
    handled: 1,
    handlerFailures: 0,
    duplicates: 0,
    rejected: 0,
    dropped: 0,
    requests: 0,
    replies: 0,
    timedOut: 0,
    lateReplies: 0,
    connections: 1,
    renewals: 0,
    pings: 1,
    throttled: 0,
    queued: 0,
    inFlight: 0,
    subscriptions: 1,
  })
})
