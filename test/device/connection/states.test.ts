import { describe, expect, test } from 'vitest'
import { connect, jamey } from '#device/index.ts'
import { createDeviceBench, type JameyBridge, until, untilEvent, untilState } from '../harness/device-bench.ts'
import { createDeviceClock } from '../harness/device-clock.ts'
import { createPacketServer, type React } from '../harness/packet-server.ts'

const reconnect = { minIntervalMs: 0 }

/** Texts of all states from now on. */
function recordStates(bridge: Pick<JameyBridge, 'onState'>): string[] {
  const states: string[] = []
  bridge.onState((state) =>
    states.push('reason' in state && state.reason ? `${state.status} ${state.reason.code}` : state.status),
  )
  return states
}

describe('a connection', () => {
  test('goes through connecting and connected to disconnected, where a user closes it', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device({ startOffline: true })
    const first = bridge.state
    const states = recordStates(bridge)

    await untilState(bridge, 'connected')
    await bridge.close()

    expect(first).toEqual({ status: 'connecting', attempt: 1 })
    expect(states).toEqual(['connected', 'disconnected closed'])
  })

  test('that its user closed never comes back, also when the broker ends the stream first', async () => {
    await using server = await createPacketServer((packet, socket) => {
      if (packet.cmd === 'disconnect') socket.destroy()
      return undefined
    })
    const clock = createDeviceClock()
    const bridge = await connect(jamey, { url: server.url, clientId: 'device-1', clock })

    await bridge.close()
    clock.advance(3_600_000)
    bridge.reset()

    expect(server.connections).toBe(1)
    expect(bridge.state).toMatchObject({ status: 'disconnected' })
    await expect(
      bridge.publish('events/status', { status: 'online', message: '', component: 'x' }),
    ).rejects.toMatchObject({ code: 'closed' })
    await expect(bridge.on('memory/updates', () => {})).rejects.toMatchObject({ code: 'closed' })
    expect(clock.scheduledCount).toBe(0)
  })

  test('comes back at once the first time, then after growing pauses that the state tells beforehand', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    const states: { delayMs: number; attempt: number }[] = []
    bridge.onState(
      (state) => state.status === 'reconnecting' && states.push({ delayMs: state.delayMs, attempt: state.attempt }),
    )

    bench.proxy.refuse()
    await expect.poll(() => states.length).toBe(2)
    for (const delayMs of [1_000, 2_000, 4_000]) {
      const known = states.length
      bench.clock.advance(delayMs - 1)
      expect(states).toHaveLength(known)
      bench.clock.advance(1)
      await expect.poll(() => states.length).toBe(known + 1)
    }
    bench.proxy.mend()
    bench.clock.advance(8_000)
    await untilState(bridge, 'connected')

    expect(states.map(({ delayMs }) => delayMs)).toEqual([0, 1_000, 2_000, 4_000, 8_000])
    expect(states.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5])
  })

  test('that is lost again and again before it was stable for a while is backed off too', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device({ reconnect: { minIntervalMs: 0, stableAfterMs: 5_000 } })
    const delays: number[] = []
    bridge.onState((state) => state.status === 'reconnecting' && delays.push(state.delayMs))

    bench.proxy.cut()
    await expect.poll(() => delays.length).toBe(1)
    await untilState(bridge, 'connected')
    bench.proxy.cut()
    await expect.poll(() => delays.length).toBe(2)
    bench.clock.advance(1_000)
    await untilState(bridge, 'connected')
    bench.clock.advance(5_000)
    bench.proxy.cut()
    await expect.poll(() => delays.length).toBe(3)

    expect(delays).toEqual([0, 1_000, 0])
  })

  test('is opened once a second at most', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device({ reconnect: { minIntervalMs: 1_000 } })

    bench.proxy.cut()
    await untilState(bridge, 'reconnecting')
    bench.clock.advance(999)
    await new Promise((resolve) => setImmediate(resolve))
    expect(bench.proxy.accepted).toBe(1)
    bench.clock.advance(1)
    await untilState(bridge, 'connected')

    expect(bench.proxy.accepted).toBe(2)
  })
})

describe('the circuit breaker', () => {
  test('opens after ten failures, and nothing is tried until reset', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    const opened = untilEvent(bridge, 'breakerOpened')
    bench.proxy.refuse()

    const failures: string[] = []
    bridge.onEvent('attemptFailed', ({ error }) => failures.push(error.code))
    const stopped = untilState(bridge, 'error')
    // the first retry comes at once
    for (let failure = 2; failure <= 10; failure++) {
      await expect.poll(() => failures.length).toBe(failure)
      bench.clock.advance(72_000)
    }

    expect(await opened).toEqual({ type: 'breakerOpened', failures: 10 })
    expect((await stopped).reason).toMatchObject({
      code: 'breaker_open',
      classification: 'fatal',
      cause: { code: 'network_down' },
    })
    bench.proxy.mend()
    bench.clock.advance(3_600_000)
    expect(bench.proxy.accepted).toBe(1)
    bridge.reset()
    await untilState(bridge, 'connected')
  })

  test('takes its number from the options, and Infinity never opens it', async () => {
    await using bench = await createDeviceBench()
    const one = await bench.device({ clientId: 'one', reconnect: { ...reconnect, breakerFailures: 1 } })
    const never = await bench.device({
      clientId: 'never',
      reconnect: { ...reconnect, breakerFailures: Number.POSITIVE_INFINITY },
    })
    let failures = 0
    never.onEvent('attemptFailed', () => failures++)

    bench.proxy.refuse()
    await untilState(one, 'error')
    for (let failure = 2; failure <= 15; failure++) {
      await expect.poll(() => failures).toBe(failure)
      bench.clock.advance(72_000)
    }

    expect(never.state.status).toBe('reconnecting')
  })
})

describe('the reason of a lost connection', () => {
  const disconnectWith =
    (reasonCode: number): React =>
    (packet, socket) => {
      if (packet.cmd === 'pingreq') socket.send({ cmd: 'disconnect', reasonCode })
      return undefined
    }

  test.each([
    [0x87, 'forbidden', 'authentication'],
    [0x8e, 'taken_over', 'reconnectable'],
    [0x8b, 'server_unavailable', 'reconnectable'],
    [0x98, 'server_unavailable', 'reconnectable'],
    [0x8d, 'keep_alive_timeout', 'reconnectable'],
    [0x82, 'protocol_error', 'fatal'],
  ])('is for DISCONNECT with %i: %s', async (reasonCode, code, classification) => {
    await using server = await createPacketServer(disconnectWith(reasonCode))
    await using bridge = await connect(jamey, { url: server.url, clientId: 'device-1', reconnect })

    const lost = untilState(bridge, 'reconnecting')
    await expect(bridge.ping()).rejects.toMatchObject({ code: 'not_connected' })

    expect((await lost).reason).toMatchObject({ code, classification })
  })

  test('is network_down when the network breaks', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    const lost = untilState(bridge, 'reconnecting')

    bench.proxy.cut()

    expect((await lost).reason).toMatchObject({ code: 'network_down', details: { problem: 'ECONNRESET' } })
  })

  test('is taken_over when another uses the client id, and that one is not thrown out at once', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    const lost = untilState(bridge, 'reconnecting')

    const other = await bench.device()

    expect(await lost).toMatchObject({ delayMs: 1_000, reason: { code: 'taken_over' } })
    expect(other.state.status).toBe('connected')
  })
})

describe('a first connection', () => {
  test.each([
    [0x87, 'connection_refused', 'authentication'],
    [0x86, 'connection_refused', 'authentication'],
    [0x8c, 'connection_refused', 'authentication'],
    [0x85, 'connection_refused', 'fatal'],
    [0x84, 'connection_refused', 'fatal'],
  ])('that is refused with %i rejects with %s, %s', async (reasonCode, code, classification) => {
    await using server = await createPacketServer((packet) =>
      packet.cmd === 'connect' ? { cmd: 'connack', reasonCode, sessionPresent: false } : undefined,
    )

    const failure = connect(jamey, { url: server.url, clientId: 'device-1', token: 'fixed' })

    await expect(failure).rejects.toMatchObject({ code, classification })
    expect(server.connections).toBe(1)
  })

  test('of MQTT 3.1.1 that is refused does so too', async () => {
    await using server = await createPacketServer((packet) =>
      packet.cmd === 'connect' ? { cmd: 'connack', returnCode: 5, sessionPresent: false } : undefined,
    )

    const failure = connect(jamey, { url: server.url, clientId: 'device-1', protocolVersion: 4 })

    await expect(failure).rejects.toMatchObject({ code: 'connection_refused', classification: 'authentication' })
  })

  test('that nobody answers ends after the time of the preset, with the reason before it', async () => {
    const clock = createDeviceClock()
    await using server = await createPacketServer((packet) => (packet.cmd === 'connect' ? [] : undefined))

    const failure = connect(jamey, { url: server.url, clientId: 'device-1', clock, timeouts: 'local' })
    failure.catch(() => {})
    await until(() => server.received('connect').length === 1)
    clock.advance(5_000)

    await expect(failure).rejects.toMatchObject({ code: 'connect_timeout', details: { timeoutMs: 5_000 } })
    expect(clock.scheduledCount).toBe(0)
  })

  test('ends with its signal', async () => {
    await using server = await createPacketServer((packet) => (packet.cmd === 'connect' ? [] : undefined))
    const controller = new AbortController()

    const failure = connect(jamey, { url: server.url, clientId: 'device-1', signal: controller.signal })
    controller.abort(new Error('not now'))

    await expect(failure).rejects.toMatchObject({ code: 'aborted', cause: { message: 'not now' } })
    await expect(connect(jamey, { url: server.url, clientId: 'd', signal: AbortSignal.abort() })).rejects.toMatchObject(
      { code: 'aborted' },
    )
  })

  test('is not waited for with startOffline', async () => {
    await using bench = await createDeviceBench()
    bench.proxy.refuse()

    const bridge = await bench.device({ startOffline: true })

    expect(bridge.state.status).toBe('connecting')
    bench.proxy.mend()
    bridge.reset()
    await untilState(bridge, 'connected')
  })
})

test('a listener that throws stops neither the others nor the connection', async () => {
  await using bench = await createDeviceBench()
  const bridge = await bench.device()
  const failure = new Error('from a listener')
  const failures: unknown[] = []
  bridge.onEvent('listenerFailed', ({ error }) => failures.push(error))
  bridge.onState(() => {
    throw failure
  })
  const states = recordStates(bridge)

  bench.proxy.cut()
  await untilState(bridge, 'reconnecting')
  await untilState(bridge, 'connected')

  expect(states).toEqual(['reconnecting network_down', 'connected'])
  expect(failures).toEqual([failure, failure])
})
