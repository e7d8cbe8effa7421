import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { connect, jamey, openQueueStore, type QueueStore } from '#device/index.ts'
import {
  createDeviceBench,
  type DeviceBench,
  type JameyBridge,
  until,
  untilEvent,
  untilState,
} from '../harness/device-bench.ts'
import { createPacketServer } from '../harness/packet-server.ts'

const status = (message: string) => ({ status: 'online', message, component: 'test' }) as const

function texts(bench: DeviceBench): string[] {
  return bench.texts('jamey/events/status').map((text) => JSON.parse(text).payload.message)
}

async function goOffline(bench: DeviceBench, bridge: JameyBridge): Promise<void> {
  bench.proxy.refuse()
  await untilState(bridge, 'reconnecting')
}

function goOnline(bench: DeviceBench, bridge: JameyBridge): Promise<unknown> {
  bench.proxy.mend()
  bridge.reset()
  return untilState(bridge, 'connected')
}

describe('without a connection', () => {
  test('messages wait, and go by priority, and in their order within one', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    await goOffline(bench, bridge)

    const all = [
      ['a', 1],
      ['b', 200],
      ['c', 1],
      ['d', 200],
      ['e', undefined],
    ] as const
    const published = all.map(([text, priority]) => bridge.publish('events/status', status(text), { priority }))
    expect(bridge.metrics().queued).toBe(5)
    await goOnline(bench, bridge)
    await Promise.all(published)

    expect(texts(bench)).toEqual(['b', 'd', 'e', 'a', 'c'])
    expect(bridge.metrics().queued).toBe(0)
  })

  test.each([
    ['lowestPriority', ['b', 'c', 'd'], 'a'],
    ['oldest', ['b', 'c', 'd'], 'a'],
    ['newest', ['b', 'a', 'c'], 'd'],
  ] as const)('a full queue gives up by %s, with an event and an error', async (whenFull, sent, lost) => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device({ queue: { maxMessages: 3, whenFull } })
    await goOffline(bench, bridge)
    const dropped = untilEvent(bridge, 'dropped')

    const results = new Map<string, unknown>()
    const published = [
      ['a', 5],
      ['b', 9],
      ['c', 5],
      ['d', 5],
    ].map(async ([text, priority]) => {
      const result = await bridge
        .publish('events/status', status(String(text)), { priority: Number(priority) })
        .catch((error: unknown) => error)
      results.set(String(text), result)
    })
    expect(await dropped).toMatchObject({ reason: 'queue_full', topic: 'jamey/events/status', priority: 5 })
    await goOnline(bench, bridge)
    await Promise.all(published)

    expect(texts(bench)).toEqual(sent)
    expect(results.get(lost)).toMatchObject({ code: 'queue_full', classification: 'recoverable' })
    expect(bridge.metrics().dropped).toBe(1)
  })

  test('the new message gives way when it has the lowest priority of all', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device({ queue: { maxMessages: 1 } })
    await goOffline(bench, bridge)
    const first = bridge.publish('events/status', status('first'), { priority: 9 })

    await expect(bridge.publish('events/status', status('second'), { priority: 8 })).rejects.toMatchObject({
      code: 'queue_full',
    })

    await goOnline(bench, bridge)
    await first
  })

  test('the queue holds 1,000 messages unless the options say otherwise', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    await goOffline(bench, bridge)

    for (let index = 0; index < 1_000; index++) void bridge.publish('events/status', status('x'), { wait: false })
    expect(bridge.metrics()).toMatchObject({ queued: 1_000, dropped: 0 })
    const failed = untilEvent(bridge, 'failed')
    await bridge.publish('events/status', status('x'), { wait: false })

    expect(await failed).toMatchObject({ error: { code: 'queue_full', details: { maxMessages: 1_000 } } })
    expect(bridge.metrics()).toMatchObject({ queued: 1_000, dropped: 1 })
  })

  test('a message ends with its expiry, and one that is sent carries what is left of it', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device({
      queue: { expirySeconds: 10 },
      timeouts: { publishMs: Number.POSITIVE_INFINITY },
    })
    await goOffline(bench, bridge)
    const dropped = untilEvent(bridge, 'dropped')

    const short = bridge.publish('events/status', status('short'))
    const long = bridge.publish('events/status', status('long'), { expirySeconds: 60 })
    bench.clock.advance(10_000)
    await expect(short).rejects.toMatchObject({ code: 'message_expired' })
    expect(await dropped).toMatchObject({ reason: 'expired' })
    await goOnline(bench, bridge)
    await long

    expect(texts(bench)).toEqual(['long'])
    expect(bench.test.messages.at(-1)?.properties).toMatchObject({ messageExpiryInterval: 50 })
  })

  test('close ends what waits', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    await goOffline(bench, bridge)
    const published = bridge.publish('events/status', status('x'))
    const rejected = expect(published).rejects.toMatchObject({ code: 'closed' })

    await bridge.close()

    await rejected
  })
})

test('close sends what is underway first', async () => {
  await using bench = await createDeviceBench()
  const bridge = await bench.device({ limits: { inFlight: 1 } })

  const published = ['a', 'b', 'c'].map((text) => bridge.publish('events/status', status(text)))
  await bridge.close()
  await Promise.all(published)

  expect(texts(bench)).toEqual(['a', 'b', 'c'])
})

test('close that is not waited for, or is out of time, ends at once', async () => {
  await using server = await createPacketServer((packet) => (packet.cmd === 'publish' ? [] : undefined))
  const quick = await connect(jamey, { url: server.url, clientId: 'quick' })
  const late = await connect(jamey, { url: server.url, clientId: 'late' })
  const published = [quick, late].map((bridge) =>
    bridge.publish('events/status', status('x')).catch((error: unknown) => error),
  )

  await quick.close({ wait: false })
  await late.close({ timeoutMs: 1 })

  expect(await Promise.all(published)).toMatchObject([{ code: 'closed' }, { code: 'closed' }])
})

describe('the limits of a connection', () => {
  test('are kept by waiting: 100 messages in any second', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device({ limits: {} })

    const published = Array.from({ length: 250 }, (_, index) =>
      bridge.publish('events/heartbeat', { client_id: String(index), timestamp: '2026-11-20T12:00:00Z' }),
    )
    const count = () => bench.texts('jamey/events/heartbeat').length
    await until(() => count() === 100)
    bench.clock.advance(1_000)
    expect(bridge.metrics().published).toBe(100)
    bench.clock.advance(2)
    await until(() => count() === 200)
    bench.clock.advance(1_002)
    await Promise.all(published)
    await until(() => count() === 250)

    expect(bridge.metrics().published).toBe(250)
    expect(bridge.metrics().throttled).toBeGreaterThan(0)
  })

  test('count what arrives too', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device({ limits: { publishesPerSecond: 2 } })
    await bridge.on('memory/updates', () => {})
    await bench.send('jamey/memory/updates', {
      id: crypto.randomUUID(),
      layer: 'semantic',
      created_at: '2026-11-20T12:00:00Z',
    })
    await until(() => bridge.metrics().handled === 1)

    await bridge.publish('events/status', status('first'))
    const second = bridge.publish('events/status', status('second'))

    expect(bridge.metrics().queued).toBe(1)
    bench.clock.advance(1_001)
    await second
  })

  test('are kept by bytes', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device({ limits: { bytesPerSecond: 2_000 } })

    await bridge.publish('events/status', status('x'.repeat(1_000)))
    const second = bridge.publish('events/status', status('y'.repeat(1_000)))
    expect(bridge.metrics().queued).toBe(1)
    bench.clock.advance(1_000)
    await second

    expect(texts(bench)).toHaveLength(2)
  })

  test.each([
    [{ limits: {} }, undefined, 100],
    [{ limits: { inFlight: 7 } }, undefined, 7],
    [{ limits: {} }, 3, 3],
    [{ limits: false as const }, 20, 20],
  ])('bound the unconfirmed: %j, with %s of the broker, allows %i', async (options, receiveMaximum, expected) => {
    await using server = await createPacketServer((packet) => {
      if (packet.cmd === 'publish') return []
      return packet.cmd === 'connect'
        ? { cmd: 'connack', reasonCode: 0, sessionPresent: false, properties: receiveMaximum ? { receiveMaximum } : {} }
        : undefined
    })
    await using bridge = await connect(jamey, {
      url: server.url,
      clientId: 'd',
      ...options,
      limits: options.limits && { publishesPerSecond: 1_000, ...options.limits },
    })

    for (let index = 0; index < 150; index++) void bridge.publish('events/status', status('x'), { wait: false })
    await bridge.ping()

    expect(server.received('publish')).toHaveLength(expected)
    expect(bridge.metrics()).toMatchObject({ inFlight: expected, queued: 150 - expected })
    await bridge.close({ timeoutMs: 1 })
  })

  test('are an error by choice', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device({ limits: { publishesPerSecond: 1, whenExceeded: 'error' } })
    await bridge.publish('events/status', status('first'))

    await expect(bridge.publish('events/status', status('second'))).rejects.toMatchObject({
      code: 'rate_exceeded',
      classification: 'recoverable',
      details: { waitMs: 1_001 },
    })

    expect(bridge.metrics().queued).toBe(0)
  })

  test('are none with false', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device({ limits: false })

    await Promise.all(Array.from({ length: 300 }, () => bridge.publish('events/status', status('x'))))

    expect(bridge.metrics().throttled).toBe(0)
  })
})

describe('a durable queue', () => {
  const folder = () => mkdtempSync(join(tmpdir(), 'device-queue-'))

  test('keeps QoS 1 messages over the end of the process, with their priority and expiry', async () => {
    await using bench = await createDeviceBench()
    const path = folder()
    const file = join(path, 'queue.sqlite')
    const first = await bench.device({ queue: { store: openQueueStore(file) } })
    await goOffline(bench, first)
    const publish = (text: string, options = {}) =>
      first.publish('events/status', status(text), { wait: false, ...options })
    await publish('one', { userProperties: { a: 'b' } })
    await publish('urgent', { priority: 255 })
    await publish('expired', { expirySeconds: 10 })
    await publish('expiring', { expirySeconds: 60 })
    await publish('fleeting', { qos: 0 })
    // as if the process had ended: nothing more is done with what is in the file
    await first.close({ wait: false })
    bench.clock.advance(20_000)
    bench.proxy.mend()

    const second = await bench.device({ queue: { store: openQueueStore(file) } })
    await until(() => second.metrics().acknowledged === 3)
    await second.close()
    const third = await bench.device({ queue: { store: openQueueStore(file) } })
    await third.close()
    rmSync(path, { recursive: true })

    expect(texts(bench)).toEqual(['urgent', 'one', 'expiring'])
    expect(bench.test.messages.map(({ properties }) => properties.messageExpiryInterval)).toEqual([
      undefined,
      undefined,
      40,
    ])
    expect(Object.entries(bench.test.messages[1]?.properties.userProperties ?? {}).flat(2)).toEqual(
      expect.arrayContaining(['a', 'b']),
    )
    expect(second.metrics()).toMatchObject({ dropped: 1, published: 3 })
    expect(third.metrics().published).toBe(0)
  })

  test('also keeps what was sent and not confirmed', async () => {
    await using server = await createPacketServer((packet) => (packet.cmd === 'publish' ? [] : undefined))
    const path = folder()
    const file = join(path, 'queue.sqlite')
    const bridge = await connect(jamey, { url: server.url, clientId: 'd', queue: { store: openQueueStore(file) } })
    const { messageId } = await bridge.publish('events/status', status('x'), { wait: false })
    await bridge.ping()
    await bridge.close({ timeoutMs: 1 })

    const store = openQueueStore(file)
    expect(store.load().map(({ message }) => message.messageId)).toEqual([messageId])
    store.close()
    rmSync(path, { recursive: true })
  })

  test('that fails is an event, and the message goes all the same', async () => {
    await using bench = await createDeviceBench()
    const failing = (): never => {
      throw new Error('the disk is full')
    }
    const store: QueueStore = { load: () => [], add: failing, delete: failing, close() {} }
    const bridge = await bench.device({ queue: { store } })
    const failed = untilEvent(bridge, 'storeFailed')

    await bridge.publish('events/status', status('x'))

    expect((await failed).error).toMatchObject({ message: 'the disk is full' })
    expect(texts(bench)).toEqual(['x'])
  })
})
