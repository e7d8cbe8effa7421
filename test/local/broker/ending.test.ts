import { describe, expect, test } from 'vitest'
import { createMemorySessionStore, type ProtocolVersion, REASON } from '#local/broker/index.ts'
import { createTestBroker, type TestBroker } from './test-broker.ts'
import { createWireClient } from './wire-client.ts'

const WILL = { topic: 'will', payload: Buffer.from('gone'), qos: 1 as const, retain: true }

async function connectedWithWill(t: TestBroker, version: ProtocolVersion = 5) {
  const client = createWireClient(t.broker, version)
  await client.connect({ will: WILL })
  return client
}

const willCount = (t: TestBroker) => t.messages.filter(({ topic }) => topic === 'will').length

describe.each([4, 5] as const)('connection of version %i', (version) => {
  test('is taken over by another one with the same client id, and the Will is published', async () => {
    await using t = createTestBroker()
    const old = await connectedWithWill(t, version)
    await createWireClient(t.broker, version).connect()

    const farewell = version === 5 ? [{ cmd: 'disconnect', reasonCode: REASON.sessionTakenOver }] : []
    expect(await old.closed()).toMatchObject(farewell)
    expect(willCount(t)).toBe(1)
    expect(t.logged('client_disconnected')).toMatchObject([{ disconnectReason: 'DUPLICATE_CLIENTID' }])
    expect([...t.broker.connections()]).toHaveLength(1)
  })

  test('ends after one and a half keep-alives of silence', async () => {
    await using t = createTestBroker()
    const client = await connectedWithWill(t, version)
    t.clock.advance(89_000)
    await client.settled()
    t.clock.advance(89_999)
    expect(await client.settled()).toEqual([])
    t.clock.advance(90_000)

    const farewell = version === 5 ? [{ cmd: 'disconnect', reasonCode: REASON.keepAliveTimeout }] : []
    expect(await client.closed()).toMatchObject(farewell)
    expect(willCount(t)).toBe(1)
    expect(t.logged('client_disconnected')).toMatchObject([{ disconnectReason: 'MQTT_KEEP_ALIVE_TIMEOUT' }])
  })

  test('ends when the authorization does', async () => {
    await using t = createTestBroker({ disconnectAfterSeconds: 300, limits: { minKeepAliveSeconds: 1_200 } })
    const client = await connectedWithWill(t, version)
    t.clock.advance(299_999)
    expect(await client.settled()).toEqual([])
    t.clock.advance(1)

    const farewell = version === 5 ? [{ cmd: 'disconnect', reasonCode: REASON.notAuthorized }] : []
    expect(await client.closed()).toMatchObject(farewell)
    expect(willCount(t)).toBe(1)
    expect(t.logged('client_disconnected')).toMatchObject([{ disconnectReason: 'CUSTOMAUTH_TTL_EXPIRATION' }])
  })

  test('that breaks has its Will published, with retained copy and sender', async () => {
    await using t = createTestBroker()
    const client = await connectedWithWill(t, version)
    const watcher = createWireClient(t.broker, version)
    await watcher.connect({ clientId: 'watcher' })
    await watcher.subscribe('will')
    client.lose()

    expect(await watcher.next('publish')).toMatchObject({ topic: 'will', payload: WILL.payload, retain: false })
    expect(t.messages).toMatchObject([{ topic: 'will', clientId: 'one', principalId: 'principalone', retain: true }])
    expect(t.broker.retainedMessage('will')?.payload).toEqual(WILL.payload)
    expect(t.logged('client_disconnected')).toMatchObject([{ disconnectReason: 'CONNECTION_LOST' }])
  })

  test('that the client ends publishes no Will', async () => {
    await using t = createTestBroker()
    const client = await connectedWithWill(t, version)
    client.send({ cmd: 'disconnect', reasonCode: 0 })
    await client.closed()

    expect(t.messages).toEqual([])
    expect(t.logged('client_disconnected')).toMatchObject([{ disconnectReason: 'CLIENT_INITIATED_DISCONNECT' }])
  })
})

describe('connection', () => {
  test('that the client ends with 0x04 publishes the Will', async () => {
    await using t = createTestBroker()
    const client = await connectedWithWill(t)
    client.send({ cmd: 'disconnect', reasonCode: REASON.disconnectWithWill })
    await client.closed()

    expect(willCount(t)).toBe(1)
  })

  test('counts the expiry of a Will from the disconnect', async () => {
    await using t = createTestBroker()
    const client = createWireClient(t.broker)
    await client.connect({ will: { ...WILL, properties: { messageExpiryInterval: 10 } } })
    t.clock.advance(20_000)
    client.lose()
    await new Promise(setImmediate)

    expect(t.messages).toMatchObject([{ expiresAtMs: t.clock.nowMs() + 10_000 }])
  })

  test('can be ended through the API, with or without Will and session', async () => {
    const store = createMemorySessionStore()
    await using t = createTestBroker({ store })
    const connect = async () => {
      const client = createWireClient(t.broker)
      await client.connect({ will: WILL, properties: { sessionExpiryInterval: 60 } })
      return client
    }
    const first = await connect()
    expect(t.broker.disconnect('one', { preventWill: true })).toBe(true)
    expect(await first.closed()).toMatchObject([{ cmd: 'disconnect', reasonCode: REASON.administrativeAction }])
    expect(willCount(t)).toBe(0)
    expect(store.sessions()).toHaveLength(1)

    await connect()
    expect(t.broker.disconnect('one', { cleanSession: true })).toBe(true)
    expect(willCount(t)).toBe(1)
    expect(store.sessions()).toEqual([])
    expect(t.broker.disconnect('one')).toBe(false)
  })

  test('ends without Will when the broker closes, and no timer is left', async () => {
    const t = createTestBroker()
    const client = createWireClient(t.broker)
    await client.connect({ will: WILL, properties: { sessionExpiryInterval: 60 } })
    const silent = createWireClient(t.broker)
    const closed = t.broker.close()

    expect(await client.closed()).toMatchObject([{ cmd: 'disconnect', reasonCode: REASON.serverShuttingDown }])
    expect(await silent.closed()).toEqual([])
    await closed
    expect(t.messages).toEqual([])
    expect(t.clock.scheduledCount).toBe(0)
  })

  test('ends when the store fails, and the log says why', async () => {
    const store = createMemorySessionStore()
    const broken = {
      ...store,
      saveSubscriptions: () => {
        throw new Error('disk full')
      },
    }
    await using t = createTestBroker({ store: broken })
    const client = createWireClient(t.broker)
    await client.connect({ properties: { sessionExpiryInterval: 60 } })
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a', qos: 1 }] })

    expect(await client.next('disconnect')).toMatchObject({ reasonCode: REASON.unspecifiedError })
    expect(t.logged('packet_failed')).toMatchObject([{ reason: 'disk full' }])
  })

  test('is described with its subscriptions', async () => {
    await using t = createTestBroker()
    const client = createWireClient(t.broker, 4)
    await client.connect({ clean: false })
    await client.subscribe('a/#', 0)

    expect([...t.broker.connections()]).toEqual([
      {
        clientId: 'one',
        principalId: 'principalone',
        protocolVersion: 4,
        connectionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        remoteAddress: '192.0.2.1',
        connectedAtMs: t.clock.nowMs(),
        keepAliveSeconds: 60,
        authorizedUntilMs: t.clock.nowMs() + 86_400_000,
        sessionExpirySeconds: 3_600,
        subscriptions: [{ filter: 'a/#', qos: 0, noLocal: false }],
      },
    ])
  })
})
