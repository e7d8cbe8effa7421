import { describe, expect, test } from 'vitest'
import { connect, jamey, type TokenReason } from '#device/index.ts'
import { createDeviceBench, until, untilEvent, untilState } from '../harness/device-bench.ts'
import { createDeviceClock, type DeviceClock } from '../harness/device-clock.ts'
import { createPacketServer } from '../harness/packet-server.ts'

const MEMORY = { layer: 'semantic', created_at: '2026-11-20T12:00:00Z' } as const
// time is moved in long steps, in which a ping would stay without an answer
const common = { clientId: 'device-1', keepAliveSeconds: 0, reconnect: { minIntervalMs: 0 } }

/** Unsigned tokens that last as long as they say, each with its number. */
function tokens(clock: DeviceClock, lifetimeSeconds: number) {
  const asked: TokenReason[] = []
  const source = ({ reason }: { reason: TokenReason }) => {
    asked.push(reason)
    const iat = Math.floor(clock.nowMs() / 1_000)
    const claims = { iat, exp: iat + lifetimeSeconds, number: asked.length }
    return `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${asked.length}`
  }
  return { asked, source }
}

describe('a token', () => {
  test('is renewed in the last share of its life, by a planned reconnect with the next one', async () => {
    const clock = createDeviceClock()
    const { asked, source } = tokens(clock, 300)
    await using server = await createPacketServer()
    await using bridge = await connect(jamey, { ...common, url: server.url, token: source, clock, random: () => 0 })
    const renewed = untilEvent(bridge, 'renewed')

    clock.advance(179_999)
    expect(asked).toEqual(['connect'])
    clock.advance(1)

    expect(await renewed).toEqual({ type: 'renewed', how: 'reconnect' })
    expect(asked).toEqual(['connect', 'renewal'])
    expect(server.received('connect').map(({ password }) => String(password).slice(-1))).toEqual(['1', '2'])
    expect(server.received('disconnect')).toMatchObject([{ reasonCode: 0 }])
    expect(server.received('disconnect')[0]?.properties ?? {}).toEqual({})
    expect(bridge.metrics()).toMatchObject({ connections: 2, renewals: 1 })
  })

  test('is renewed as the options say, whatever the time of day does meanwhile', async () => {
    const clock = createDeviceClock()
    const { asked, source } = tokens(clock, 1_000)
    await using server = await createPacketServer()
    const renewal = { latestBeforeExpirySeconds: 100, spread: 0.5 }
    await using bridge = await connect(jamey, {
      ...common,
      url: server.url,
      token: source,
      clock,
      renewal,
      random: () => 0.999_999,
    })

    clock.jump(7_200_000)
    clock.advance(899_000)
    expect(asked).toEqual(['connect'])
    clock.jump(-9_000_000)
    clock.advance(1_000)

    await untilEvent(bridge, 'renewed')
    expect(asked).toEqual(['connect', 'renewal'])
  })

  test('that was handed over used is renewed by what is left of it', async () => {
    const clock = createDeviceClock()
    const { asked, source } = tokens(clock, 300)
    const old = source({ reason: 'connect' })
    clock.advance(100_000)
    await using server = await createPacketServer()
    const token = () => (asked.length === 1 && server.connections === 0 ? old : source({ reason: 'renewal' }))
    await using bridge = await connect(jamey, { ...common, url: server.url, token, clock, random: () => 0 })

    clock.advance(80_000)

    await untilEvent(bridge, 'renewed')
    expect(server.connections).toBe(2)
  })

  test('that could not be had is asked for again, and the connection goes on', async () => {
    const clock = createDeviceClock()
    const { source } = tokens(clock, 300)
    let calls = 0
    await using server = await createPacketServer()
    const token: typeof source = (request) => {
      calls += 1
      if (calls === 2) throw new Error('the vault is shut')
      return source(request)
    }
    await using bridge = await connect(jamey, { ...common, url: server.url, token, clock, random: () => 0 })
    const failed = untilEvent(bridge, 'renewalFailed')

    clock.advance(180_000)
    expect((await failed).error).toMatchObject({
      code: 'token_unavailable',
      message: 'no token could be had: the vault is shut',
    })
    expect(bridge.state.status).toBe('connected')
    // what follows the failure is scheduled in a turn of its own
    await until(() => clock.scheduledCount === 1)
    clock.advance(5_000)

    await untilEvent(bridge, 'renewed')
    expect(calls).toBe(3)
  })

  test('that never comes is given up after the time of a connect', async () => {
    const clock = createDeviceClock()
    await using server = await createPacketServer()
    const failure = connect(jamey, { ...common, url: server.url, token: () => new Promise<never>(() => {}), clock })
    failure.catch(() => {})

    clock.advance(30_000)

    await expect(failure).rejects.toMatchObject({
      code: expect.stringMatching(/^(token_unavailable|connect_timeout)$/),
    })
    expect(server.connections).toBe(0)
  })

  test('given as a text is used for every connection and never renewed', async () => {
    const clock = createDeviceClock()
    const text = tokens(clock, 300).source({ reason: 'connect' })
    await using server = await createPacketServer()
    await using bridge = await connect(jamey, { ...common, url: server.url, token: text, clock, keepAliveSeconds: 0 })

    clock.advance(290_000)
    expect(server.connections).toBe(1)
    server.last().destroy()
    await untilState(bridge, 'reconnecting')
    await untilState(bridge, 'connected')

    expect(server.received('connect').map(({ password }) => String(password))).toEqual([text, text])
  })
})

describe('a refused token', () => {
  const refuseFirst = () => {
    let refused = 0
    return createPacketServer((packet) => {
      if (packet.cmd !== 'connect') return undefined
      if (String(packet.password) !== 'stale') return undefined
      refused += 1
      return { cmd: 'connack', reasonCode: refused > 0 ? 0x87 : 0, sessionPresent: false }
    })
  }

  test('is replaced by a new one, not tried again', async () => {
    await using server = await refuseFirst()
    const reasons: TokenReason[] = []

    await using bridge = await connect(jamey, {
      ...common,
      url: server.url,
      token({ reason }) {
        reasons.push(reason)
        return reason === 'refused' ? 'fresh' : 'stale'
      },
    })

    expect(bridge.state.status).toBe('connected')
    expect(reasons).toEqual(['connect', 'refused'])
    expect(server.received('connect').map(({ password }) => String(password))).toEqual(['stale', 'fresh'])
  })

  test('that is all there is stops the bridge until reset', async () => {
    await using server = await refuseFirst()
    await using bridge = await connect(jamey, { ...common, url: server.url, token: () => 'stale', startOffline: true })

    const { reason } = await untilState(bridge, 'error')

    expect(reason).toMatchObject({ code: 'connection_refused', classification: 'authentication' })
    expect(server.connections).toBe(1)
    bridge.reset()
    await expect.poll(() => server.connections).toBe(2)
  })

  test('that has expired is told apart', async () => {
    const clock = createDeviceClock()
    const { source } = tokens(clock, 300)
    const text = source({ reason: 'connect' })
    await using server = await createPacketServer((packet) =>
      packet.cmd === 'connect' && server.connections > 1
        ? { cmd: 'connack', reasonCode: 0x87, sessionPresent: false }
        : undefined,
    )
    await using bridge = await connect(jamey, { ...common, url: server.url, token: text, clock, keepAliveSeconds: 0 })

    clock.advance(301_000)
    server.last().destroy()

    expect((await untilState(bridge, 'error')).reason).toMatchObject({ code: 'token_expired' })
  })
})

test('the end of the authorization is token_expired, not forbidden', async () => {
  await using bench = await createDeviceBench({ disconnectAfterSeconds: 300 })
  const text = tokens(bench.clock, 300).source({ reason: 'connect' })
  const bridge = await bench.device({ token: text, keepAliveSeconds: 0 })
  const lost = untilState(bridge, 'reconnecting')

  bench.clock.advance(300_000)

  expect((await lost).reason).toMatchObject({ code: 'token_expired', classification: 'authentication' })
})

describe('1,000 renewals under load', () => {
  test('lose nothing and handle nothing twice, in either direction', { timeout: 90_000 }, async () => {
    await using bench = await createDeviceBench()
    let number = 0
    const bridge = await bench.device({ token: () => `token-${number++}` })
    const handled: string[] = []
    await bridge.on('memory/updates', ({ id }) => {
      handled.push(id)
    })
    const sent: string[] = []
    const received: string[] = []
    let isOver = false
    const id = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`
    const publish = async () => {
      while (!isOver) {
        const status = { status: 'online', message: String(sent.length), component: 'load' } as const
        sent.push((await bridge.publish('events/status', status)).messageId)
      }
    }
    const publishing = Promise.all(Array.from({ length: 5 }, publish))
    const delivering = (async () => {
      for (let index = 0; !isOver; index++) {
        received.push(id(index))
        await bench.send('jamey/memory/updates', { ...MEMORY, id: id(index) }, { messageId: id(index) })
        // what a broker holds back for one session is bounded too
        await until(() => received.length - handled.length < 20)
      }
    })()

    for (let renewal = 0; renewal < 1_000; renewal++) await bridge.renew()
    isOver = true
    await Promise.all([publishing, delivering])
    await expect.poll(() => handled.length, { timeout: 40_000 }).toBe(received.length)

    expect(handled.toSorted()).toEqual(received)
    const taken = bench.texts('jamey/events/status').map((text) => JSON.parse(text).message_id as string)
    expect(new Set(taken)).toEqual(new Set(sent))
    expect(bridge.metrics()).toMatchObject({ renewals: 1_000, connections: 1_001, dropped: 0 })
    expect(sent.length).toBeGreaterThan(2_000)
    expect(received.length).toBeGreaterThan(1_000)
  })

  test('lose nothing with the slow replay of the service either', async () => {
    await using bench = await createDeviceBench({ limits: { maxStoredReplayPerSecond: 10 } })
    const bridge = await bench.device({ token: () => 'token' })
    const handled: string[] = []
    await bridge.on('memory/updates', (_, { messageId }) => {
      handled.push(String(messageId))
    })
    const sent: string[] = []

    for (let renewal = 0; renewal < 20; renewal++) {
      const renewed = bridge.renew()
      await untilState(bridge, 'reconnecting')
      for (let index = 0; index < 5; index++) {
        sent.push(await bench.send('jamey/memory/updates', { ...MEMORY, id: crypto.randomUUID() }))
      }
      await renewed
      bench.clock.advance(100)
    }
    await until(() => {
      bench.clock.advance(100)
      return handled.length >= sent.length
    })

    expect(handled.toSorted()).toEqual(sent.toSorted())
  })
})
