import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_LIMITS, REASON } from '#local/broker/index.ts'
import { createKeyedRate } from '../../../local/broker/rates/keyed-rate.ts'
import { createRateLimiter } from '../../../local/broker/rates/rate-limiter.ts'
import { createFakeClock } from './fake-clock.ts'
import { acknowledge, connected, publishPacket } from './packets.ts'
import { createTestBroker } from './test-broker.ts'
import { createWireClient, type WireClient } from './wire-client.ts'

const PUBLISHES = { limits: { maxPublishesPerSecond: DEFAULT_LIMITS.maxPublishesPerSecond } }

/** The reason codes of the next so many PUBACKs. */
async function pubacks(client: WireClient, count: number) {
  const codes = []
  while (codes.length < count) codes.push((await client.next('puback')).reasonCode)
  return codes
}

describe('rate limiter', () => {
  test('lets through at most its rate and one second in advance, in any span of time', () => {
    const steps = fc.array(fc.record({ waitMs: fc.nat(700), tries: fc.nat(30) }), { maxLength: 40 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), steps, (perSecond, all) => {
        const clock = createFakeClock()
        const limiter = createRateLimiter(perSecond, clock)
        const taken: { atMs: number; count: number }[] = []
        for (const { waitMs, tries } of all) {
          clock.advance(waitMs)
          const count = Array.from({ length: tries }, () => limiter.take()).filter(Boolean).length
          taken.push({ atMs: clock.nowMs(), count })
        }
        for (const [index, { atMs }] of taken.entries()) {
          let sum = 0
          for (const later of taken.slice(index)) {
            sum += later.count
            expect(sum).toBeLessThanOrEqual(perSecond + ((later.atMs - atMs) * perSecond) / 1_000 + 1e-6)
          }
        }
      }),
    )
  })

  test('tells exactly how long to wait', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.nat(5_000), (perSecond, spent) => {
        const clock = createFakeClock()
        const limiter = createRateLimiter(perSecond, clock)
        limiter.spend(spent)
        const waitMs = limiter.waitMs()
        if (waitMs > 0) {
          expect(limiter.take()).toBe(false)
          clock.advance(waitMs - 1)
          expect(limiter.take()).toBe(false)
          clock.advance(1)
        }
        expect(limiter.take()).toBe(true)
      }),
    )
  })

  test('keeps the rates of many keys apart', () => {
    const clock = createFakeClock()
    const rate = createKeyedRate(1, clock)
    const keys = Array.from({ length: 3_000 }, (_, index) => `key ${index}`)
    expect(keys.every((key) => rate.take(key))).toBe(true)
    expect(keys.some((key) => rate.take(key))).toBe(false)
    clock.advance(1_000)
    expect(keys.every((key) => rate.take(key))).toBe(true)
  })
})

describe('more than 100 publishes a second', () => {
  test('get PUBACK 0x97 in MQTT 5 and reach nobody', async () => {
    await using t = createTestBroker(PUBLISHES)
    const client = await connected(t)
    for (let messageId = 1; messageId <= 103; messageId += 1) client.send(publishPacket({ messageId }))
    const codes = await pubacks(client, 103)

    expect(codes.filter((code) => code === 0)).toHaveLength(100)
    expect(codes.filter((code) => code === REASON.quotaExceeded)).toHaveLength(3)
    expect(t.messages).toHaveLength(100)
    expect(t.logged('publish_throttled')).toMatchObject([{ clientId: 'one', topic: 'a/b' }])

    t.clock.advance(10)
    client.send(publishPacket())
    expect(await client.next('puback')).toMatchObject({ reasonCode: 0 })
    const ended = { level: 'warn', event: 'publish_throttle_ended', clientId: 'one' }
    expect(t.logged('publish_throttle_ended')).toEqual([{ ...ended, discarded: 3 }])

    client.send(publishPacket(), publishPacket())
    expect(await pubacks(client, 2)).toEqual([REASON.quotaExceeded, REASON.quotaExceeded])
    client.send({ cmd: 'disconnect', reasonCode: 0 })
    await client.closed()
    expect(t.logged('publish_throttle_ended').slice(1)).toEqual([{ ...ended, discarded: 2 }])
  })

  test.each([
    ['MQTT 3.1.1', 4, {}],
    ['MQTT 5, by choice', 5, { overRatePublishV5: 'discard' }],
  ] as const)('are not acknowledged in %s, and the connection stays', async (_, version, choices) => {
    await using t = createTestBroker({ ...PUBLISHES, choices })
    const client = await connected(t, version)
    for (let messageId = 1; messageId <= 103; messageId += 1) client.send(publishPacket({ messageId }))

    await pubacks(client, 100)
    expect(await client.settled()).toEqual([])
    expect(t.messages).toHaveLength(100)
  })

  test('count together with what the client gets, or by choice apart from it', async () => {
    for (const [choices, delivered] of [
      [{}, 40],
      [{ publishRateCounts: 'each' as const }, 100],
    ] as const) {
      await using t = createTestBroker({ ...PUBLISHES, choices })
      const client = await connected(t)
      await client.subscribe('in', 0)
      for (let count = 0; count < 60; count += 1) client.send(publishPacket({ qos: 0 }))
      await client.settled()
      for (let count = 0; count < 120; count += 1) await t.broker.publish({ topic: 'in', payload: Buffer.from('x') })

      expect(await client.settled()).toHaveLength(delivered)
      expect(t.logged('delivery_throttled')).toMatchObject([{ clientId: 'one' }])
    }
  })

  test('to a client are discarded at QoS 1 too, or by choice held back', async () => {
    for (const [choices, later] of [
      [{}, 0],
      [{ overRateDelivery: 'hold' as const }, 5],
    ] as const) {
      await using t = createTestBroker({ limits: { maxPublishesPerSecond: 20 }, choices })
      const client = await connected(t)
      await client.subscribe('in', 1)
      for (let count = 0; count < 25; count += 1) {
        await t.broker.publish({ topic: 'in', payload: Buffer.from('x'), qos: 1 })
      }
      expect(await client.settled()).toHaveLength(20)
      for (let step = 0; step < 5; step += 1) t.clock.advance(50)
      expect(await client.settled()).toHaveLength(later)
    }
  })
})

describe('a client that connects more than once a second', () => {
  test('is refused until the second is over, and other clients are not', async () => {
    await using t = createTestBroker({ limits: { maxConnectsPerSecondPerClientId: 1 } })
    const first = await connected(t)
    expect(await createWireClient(t.broker).connect()).toMatchObject({ reasonCode: REASON.quotaExceeded })
    await expect(createWireClient(t.broker, 4).connect()).rejects.toThrow('end of the connection')
    expect(await createWireClient(t.broker).connect({ clientId: 'two' })).toMatchObject({ reasonCode: 0 })
    expect(await first.settled()).toEqual([])
    expect(t.logged('connect_refused')).toMatchObject([{ reasonCode: '0x97' }, { reasonCode: '0x97' }])

    t.clock.advance(1_000)
    expect(await createWireClient(t.broker).connect()).toMatchObject({ reasonCode: 0 })
  })

  test('is not held up by strangers who use its client id', async () => {
    await using t = createTestBroker({
      limits: { maxConnectsPerSecondPerClientId: 1 },
      authenticate: async ({ username }) =>
        username === 'owner'
          ? { ok: true, principalId: 'p', session: '', disconnectAfterSeconds: 300 }
          : { ok: false, reason: 'unknown' },
    })
    for (let count = 0; count < 3; count += 1) {
      expect(await createWireClient(t.broker).connect()).toMatchObject({ reasonCode: REASON.notAuthorized })
    }
    expect(await createWireClient(t.broker).connect({ username: 'owner' })).toMatchObject({ reasonCode: 0 })
  })
})

describe('retained messages', () => {
  test('are taken once a second for each topic', async () => {
    await using t = createTestBroker({ limits: { maxRetainedPublishesPerSecondPerTopic: 1 } })
    const client = await connected(t)
    client.send(publishPacket({ retain: true, payload: 'first' }))
    expect(await client.next('puback')).toMatchObject({ reasonCode: 0 })
    client.send(publishPacket({ retain: true, payload: 'second' }))
    expect(await client.next('puback')).toMatchObject({ reasonCode: REASON.quotaExceeded })
    client.send(publishPacket({ retain: true, topic: 'other' }))
    expect(await client.next('puback')).toMatchObject({ reasonCode: 0 })
    await expect(t.broker.publish({ topic: 'a/b', payload: Buffer.from('x'), retain: true })).rejects.toMatchObject({
      code: 'publish_throttled',
    })
    expect(t.broker.retainedMessage('a/b')?.payload.toString()).toBe('first')

    t.clock.advance(1_000)
    client.send(publishPacket({ retain: true, payload: 'third' }))
    expect(await client.next('puback')).toMatchObject({ reasonCode: 0 })
    expect(t.broker.retainedMessage('a/b')?.payload.toString()).toBe('third')
  })

  test('are refused when the store is full, until one is deleted', async () => {
    await using t = createTestBroker({ limits: { maxRetainedMessages: 1 } })
    const client = await connected(t)
    const retain = async (topic: string, payload: string) => {
      client.send(publishPacket({ retain: true, topic, payload }))
      return (await client.next('puback')).reasonCode
    }
    expect(await retain('a', 'x')).toBe(0)
    expect(await retain('b', 'x')).toBe(REASON.quotaExceeded)
    expect(await retain('a', 'y')).toBe(0)
    expect(await retain('a', '')).toBe(0)
    expect(await retain('b', 'x')).toBe(0)
  })

  test('of a Will over the rate go out, but are not kept', async () => {
    await using t = createTestBroker({ limits: { maxRetainedPublishesPerSecondPerTopic: 1 } })
    await t.broker.publish({ topic: 'will', payload: Buffer.from('old'), retain: true })
    const client = createWireClient(t.broker)
    await client.connect({ will: { topic: 'will', payload: Buffer.from('gone'), qos: 0, retain: true } })
    client.lose()
    await new Promise(setImmediate)

    expect(t.messages.map(({ payload }) => payload.toString())).toEqual(['old', 'gone'])
    expect(t.broker.retainedMessage('will')?.payload.toString()).toBe('old')
    expect(t.logged('will_not_retained')).toMatchObject([{ clientId: 'one', topic: 'will' }])
  })
})

describe('stored messages', () => {
  test('are replayed at 10 a second, beside newer ones', async () => {
    await using t = createTestBroker({ limits: { maxStoredReplayPerSecond: 10 } })
    const first = await connected(t, 5, 'one', { sessionExpiryInterval: 600 })
    await first.subscribe('a')
    first.lose()
    await new Promise(setImmediate)
    const publish = (text: string) => t.broker.publish({ topic: 'a', payload: Buffer.from(text), qos: 1 })
    for (let count = 1; count <= 25; count += 1) await publish(`stored ${count}`)

    const client = createWireClient(t.broker)
    await client.connect({ clean: false, properties: { sessionExpiryInterval: 600 } })
    const arrived = async () => {
      const packets = await client.settled()
      for (const packet of packets) if (packet.cmd === 'publish') acknowledge(client, packet)
      return packets.map((packet) => packet.cmd === 'publish' && packet.payload.toString())
    }
    expect(await arrived()).toEqual(Array.from({ length: 10 }, (_, index) => `stored ${index + 1}`))
    await publish('new')
    expect(await arrived()).toEqual(['new'])
    const later: unknown[] = []
    for (let step = 0; step < 15; step += 1) {
      t.clock.advance(100)
      later.push(...(await arrived()))
    }
    expect(later).toEqual(Array.from({ length: 15 }, (_, index) => `stored ${index + 11}`))
  })
})

describe('more than 512 KB a second', () => {
  const limits = { maxBytesPerSecond: 512 * 1024 }
  const payload = Buffer.alloc(100 * 1024)

  test('from a client are read later', async () => {
    await using t = createTestBroker({ limits })
    const client = await connected(t)
    for (let messageId = 1; messageId <= 12; messageId += 1) client.send(publishPacket({ messageId, payload }))
    const idle = async () => {
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
    }
    await idle()
    expect(t.messages.length).toBeGreaterThanOrEqual(5)
    expect(t.messages.length).toBeLessThanOrEqual(6)
    for (let second = 0; second < 3; second += 1) {
      t.clock.advance(1_000)
      await idle()
    }
    expect(t.messages).toHaveLength(12)
  })

  test('to a client are sent later, in order, and a DISCONNECT comes after them', async () => {
    await using t = createTestBroker({ limits })
    const client = await connected(t)
    await client.subscribe('a', 0)
    for (let count = 0; count < 10; count += 1) {
      payload[0] = count
      await t.broker.publish({ topic: 'a', payload: Buffer.from(payload) })
    }
    const first = []
    for (let count = 0; count < 6; count += 1) first.push((await client.next('publish')).payload[0])
    expect(first).toEqual([0, 1, 2, 3, 4, 5])
    t.clock.advance(300)
    expect((await client.next('publish')).payload[0]).toBe(6)
    t.broker.disconnect('one')

    const rest = await client.closed()
    expect(rest.map((packet) => (packet.cmd === 'publish' ? packet.payload[0] : packet.cmd))).toEqual([
      7,
      8,
      9,
      'disconnect',
    ])
  })
})
