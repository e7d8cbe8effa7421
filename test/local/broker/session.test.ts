import { describe, expect, test } from 'vitest'
import { createMemorySessionStore, type ProtocolVersion, REASON } from '#local/broker/index.ts'
import { createTestBroker, type TestBroker } from './test-broker.ts'
import { createWireClient, type WireClient } from './wire-client.ts'

const LASTING = { sessionExpiryInterval: 600 }

/** Connects with a session that outlives the connection. */
async function connectLasting(t: TestBroker, version: ProtocolVersion, clean = false) {
  const client = createWireClient(t.broker, version)
  const connack = await client.connect({ clean, ...(version === 5 ? { properties: LASTING } : {}) })
  return { client, connack }
}

async function leave(client: WireClient) {
  client.send({ cmd: 'disconnect', reasonCode: 0 })
  await client.closed()
}

const publish = (t: TestBroker, text: string, qos: 0 | 1 = 1) =>
  t.broker.publish({ topic: 'a', payload: Buffer.from(text), qos })

describe.each([4, 5] as const)('a persistent session of version %i', (version) => {
  test('keeps its subscriptions and QoS 1 messages', async () => {
    await using t = createTestBroker()
    const first = await connectLasting(t, version)
    expect(first.connack.sessionPresent).toBe(false)
    await first.client.subscribe('a')
    await leave(first.client)
    await publish(t, '1')
    await publish(t, 'not kept', 0)
    await publish(t, '2')

    const second = await connectLasting(t, version)
    expect(second.connack.sessionPresent).toBe(true)
    const packets = await second.client.settled()
    expect(packets).toMatchObject([
      { payload: Buffer.from('1'), qos: 1, dup: false },
      { payload: Buffer.from('2'), qos: 1, dup: false },
    ])
  })

  test('sends what was not acknowledged again, before newer messages and without DUP', async () => {
    await using t = createTestBroker()
    const first = await connectLasting(t, version)
    await first.client.subscribe('a')
    await publish(t, '1')
    await publish(t, '2')
    const [one] = await first.client.settled()
    first.client.send({ cmd: 'puback', messageId: one?.messageId ?? 0, reasonCode: 0 })
    await first.client.settled()
    first.client.lose()
    await new Promise(setImmediate)
    await publish(t, '3')

    const second = await connectLasting(t, version)
    expect(await second.client.settled()).toMatchObject([
      { payload: Buffer.from('2'), dup: false },
      { payload: Buffer.from('3'), dup: false },
    ])
  })

  test('is discarded by a clean start', async () => {
    await using t = createTestBroker()
    const first = await connectLasting(t, version)
    await first.client.subscribe('a')
    await leave(first.client)
    await publish(t, '1')

    const clean = await connectLasting(t, version, true)
    expect(clean.connack.sessionPresent).toBe(false)
    expect(await clean.client.settled()).toEqual([])
    expect([...t.broker.connections()]).toMatchObject([{ subscriptions: [] }])
  })

  test('expires', async () => {
    const store = createMemorySessionStore()
    await using t = createTestBroker({ store })
    const first = await connectLasting(t, version)
    await leave(first.client)
    t.clock.advance((version === 5 ? 600_000 : 3_600_000) - 1)
    expect(store.sessions()).toHaveLength(1)

    t.clock.advance(1)
    expect(store.sessions()).toEqual([])
    expect((await connectLasting(t, version)).connack.sessionPresent).toBe(false)
  })

  test('does not expire while connected again', async () => {
    await using t = createTestBroker({ limits: { minKeepAliveSeconds: 1_200 } })
    await leave((await connectLasting(t, version)).client)
    t.clock.advance(599_000)
    const { client } = await connectLasting(t, version)
    t.clock.advance(601_000)

    expect(await client.settled()).toEqual([])
    expect(t.logged('session_expired')).toEqual([])
  })

  test('is not resumed by the other version', async () => {
    await using t = createTestBroker()
    await leave((await connectLasting(t, version)).client)

    expect((await connectLasting(t, version === 4 ? 5 : 4)).connack.sessionPresent).toBe(false)
  })

  test('survives a broker that dies without closing, with its queue and retained messages', async () => {
    const store = createMemorySessionStore()
    const dead = createTestBroker({ store })
    const first = await connectLasting(dead, version)
    await first.client.subscribe('a')
    await publish(dead, 'in flight')
    await first.client.next('publish')
    await dead.broker.publish({ topic: 'kept', payload: Buffer.from('x'), retain: true })

    await using t = createTestBroker({ store })
    await publish(t, 'later')
    expect(t.broker.retainedMessage('kept')?.payload).toEqual(Buffer.from('x'))
    const second = await connectLasting(t, version)
    expect(second.connack.sessionPresent).toBe(true)
    expect(await second.client.settled()).toMatchObject([
      { payload: Buffer.from('in flight') },
      { payload: Buffer.from('later') },
    ])
  })

  test('drops the newest messages when its queue is full', async () => {
    await using t = createTestBroker({ limits: { maxQueuedPerSession: 2 } })
    const first = await connectLasting(t, version)
    await first.client.subscribe('a')
    await leave(first.client)
    for (const text of ['1', '2', '3']) await publish(t, text)

    const second = await connectLasting(t, version)
    expect(await second.client.settled()).toMatchObject([{ payload: Buffer.from('1') }, { payload: Buffer.from('2') }])
    expect(t.logged('queue_full')).toHaveLength(1)
  })
})

describe('session', () => {
  test.each([4, 5] as const)('of a clean connection ends with it (version %i)', async (version) => {
    const store = createMemorySessionStore()
    await using t = createTestBroker({ store })
    const client = createWireClient(t.broker, version)
    await client.connect()
    await client.subscribe('a')
    expect(store.sessions()).toEqual([])
    await leave(client)
    await publish(t, '1')

    expect((await createWireClient(t.broker, version).connect({ clean: false })).sessionPresent).toBe(false)
  })

  test('lasts an hour at most', async () => {
    await using t = createTestBroker()
    const client = createWireClient(t.broker)
    await client.connect({ properties: { sessionExpiryInterval: 0xffff_ffff } })

    expect([...t.broker.connections()]).toMatchObject([{ sessionExpirySeconds: 3_600 }])
  })

  test('can be shortened, prolonged and ended by the DISCONNECT', async () => {
    const store = createMemorySessionStore()
    await using t = createTestBroker({ store })
    for (const [asked, kept] of [
      [60, [60]],
      [9_999, [3_600]],
      [0, []],
    ] as const) {
      const { client } = await connectLasting(t, 5)
      client.send({ cmd: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: asked } })
      await client.closed()
      expect(store.sessions().map(({ expirySeconds }) => expirySeconds)).toEqual(kept)
    }
  })

  test('that ends with its connection cannot be made to last by the DISCONNECT', async () => {
    await using t = createTestBroker()
    const client = createWireClient(t.broker)
    await client.connect()
    client.send({ cmd: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 60 } })

    expect(await client.next('disconnect')).toMatchObject({ reasonCode: REASON.protocolError })
  })

  test('resumed without expiry gives its messages and is then gone', async () => {
    const store = createMemorySessionStore()
    await using t = createTestBroker({ store })
    const first = await connectLasting(t, 5)
    await first.client.subscribe('a')
    await leave(first.client)
    await publish(t, '1')
    const second = createWireClient(t.broker)
    expect((await second.connect({ clean: false })).sessionPresent).toBe(true)
    expect(store.sessions()).toEqual([])

    const { messageId = 0 } = await second.next('publish')
    second.send({ cmd: 'puback', messageId, reasonCode: 0 })
    await leave(second)
    expect((await createWireClient(t.broker).connect({ clean: false })).sessionPresent).toBe(false)
  })
})
