import { expect, test } from 'vitest'
import { connect, jamey } from '#device/index.ts'
import { createKeepAlive } from '../../../device/connection/keep-alive.ts'
import { createDeviceBench, until, untilState } from '../harness/device-bench.ts'
import { createDeviceClock } from '../harness/device-clock.ts'
import { createPacketServer } from '../harness/packet-server.ts'

function createTestKeepAlive(keepAliveMs = 60_000, pingTimeoutMs = 5_000) {
  const clock = createDeviceClock()
  const events: string[] = []
  const note = (what: string) => events.push(`${what} at ${clock.monotonicMs() / 1_000}`)
  const keepAlive = createKeepAlive({
    clock,
    keepAliveMs,
    pingTimeoutMs,
    ping: () => note('ping'),
    onSilence: () => note('lost'),
  })
  return { clock, events, keepAlive }
}

test('pings when nothing was sent for the keep-alive, and any packet that is sent puts it off', () => {
  const { clock, events, keepAlive } = createTestKeepAlive()

  clock.advance(50_000)
  keepAlive.sent()
  keepAlive.received()
  clock.advance(59_999)
  expect(events).toEqual([])
  clock.advance(1)
  expect(events).toEqual(['ping at 110'])
})

test('who only sends pings all the same after two keep-alives without a word from the broker', () => {
  const { clock, events, keepAlive } = createTestKeepAlive()

  for (let second = 10; second <= 130; second += 10) {
    clock.advance(10_000)
    keepAlive.sent()
  }

  expect(events).toEqual(['ping at 120', 'lost at 125'])
})

test('any packet answers a ping, and none within its time is the end', () => {
  const { clock, events, keepAlive } = createTestKeepAlive()

  clock.advance(60_000)
  keepAlive.sent()
  clock.advance(4_999)
  keepAlive.received()
  clock.advance(55_001)
  expect(events).toEqual(['ping at 60', 'ping at 120'])
  clock.advance(5_000)
  expect(events).toEqual(['ping at 60', 'ping at 120', 'lost at 125'])
  expect(clock.scheduledCount).toBe(0)
})

test('0 never pings', () => {
  const { clock, events } = createTestKeepAlive(0)

  clock.advance(86_400_000)

  expect(events).toEqual([])
})

test('a device pings by its option, or as the broker demands, and counts it', async () => {
  const clock = createDeviceClock()
  await using server = await createPacketServer((packet) =>
    packet.cmd === 'connect' && packet.keepalive === 20
      ? { cmd: 'connack', reasonCode: 0, sessionPresent: false, properties: { serverKeepAlive: 10 } }
      : undefined,
  )
  await using own = await connect(jamey, { url: server.url, clientId: 'own', clock, keepAliveSeconds: 30 })
  await using demanded = await connect(jamey, { url: server.url, clientId: 'demanded', clock, keepAliveSeconds: 20 })

  clock.advance(10_000)
  expect([own.metrics().pings, demanded.metrics().pings]).toEqual([0, 1])
  await until(() => server.received('pingreq').length === 1)
  await own.ping()
  await demanded.ping()
  clock.advance(29_000)

  expect(own.metrics().pings).toBe(1)
})

test('publishing at QoS 0 puts a ping off too', async () => {
  const clock = createDeviceClock()
  await using server = await createPacketServer()
  await using bridge = await connect(jamey, { url: server.url, clientId: 'd', clock, keepAliveSeconds: 60 })

  for (let minute = 0; minute < 2; minute++) {
    clock.advance(55_000)
    await bridge.publish('events/heartbeat', { client_id: 'd', timestamp: '2026-11-20T12:00:00Z' })
  }

  expect(bridge.metrics().pings).toBe(0)
})

test('a frozen network is found out by the ping, and the connection comes back', async () => {
  await using bench = await createDeviceBench()
  const bridge = await bench.device({ keepAliveSeconds: 30, timeouts: { pingMs: 7_000 } })

  bench.proxy.freeze()
  bench.clock.advance(36_999)
  expect(bridge.state.status).toBe('connected')
  bench.clock.advance(1)
  expect(await untilState(bridge, 'reconnecting')).toMatchObject({
    reason: { code: 'keep_alive_timeout', details: { timeoutMs: 7_000 } },
  })
  bench.proxy.mend()

  bridge.reset()
  await untilState(bridge, 'connected')
})

test('ping tells the round trip, and rejects without a connection', async () => {
  await using bench = await createDeviceBench()
  const bridge = await bench.device()

  expect(await bridge.ping()).toBeGreaterThanOrEqual(0)
  bench.proxy.freeze()
  const late = bridge.ping({ timeoutMs: 100 })
  bench.clock.advance(100)
  await expect(late).rejects.toMatchObject({
    code: 'operation_timeout',
    classification: 'recoverable',
    details: { operation: 'ping', timeoutMs: 100 },
  })
  bench.proxy.refuse()
  await untilState(bridge, 'reconnecting')
  await expect(bridge.ping()).rejects.toMatchObject({ code: 'not_connected' })
})
