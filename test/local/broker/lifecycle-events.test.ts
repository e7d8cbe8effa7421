import { describe, expect, test } from 'vitest'
import { connected, publishPacket } from './packets.ts'
import { createTestBroker } from './test-broker.ts'
import { createWireClient } from './wire-client.ts'

const UUID = expect.stringMatching(/^[0-9a-f-]{36}$/)

describe('lifecycle events', () => {
  test('tell of a connection and of its end, in the words of the documentation', async () => {
    await using t = createTestBroker()
    const client = await connected(t)
    const connectedAtMs = t.clock.nowMs()
    t.clock.advance(5_000)
    client.send({ cmd: 'disconnect', reasonCode: 0 })
    await client.closed()

    const common = { clientId: 'one', sessionIdentifier: UUID, principalIdentifier: 'principalone', versionNumber: 0 }
    expect(t.events).toEqual([
      {
        topic: 'presence/connected/one',
        event: { ...common, timestamp: connectedAtMs, eventType: 'connected', ipAddress: '192.0.2.1' },
      },
      {
        topic: 'presence/disconnected/one',
        event: {
          ...common,
          timestamp: connectedAtMs + 5_000,
          eventType: 'disconnected',
          clientInitiatedDisconnect: true,
          disconnectReason: 'CLIENT_INITIATED_DISCONNECT',
        },
      },
    ])
    expect(t.events[0]?.event.sessionIdentifier).toBe(t.events[1]?.event.sessionIdentifier)
  })

  test.each([
    ['CONNECTION_LOST', (_, client) => client.lose()],
    ['MQTT_KEEP_ALIVE_TIMEOUT', (t) => t.clock.advance(90_000)],
    ['API_INITIATED_DISCONNECT', (t) => void t.broker.disconnect('one')],
    ['DUPLICATE_CLIENTID', async (t) => void (await createWireClient(t.broker).connect())],
    ['CLIENT_ERROR', (_, client) => client.send({ cmd: 'pingresp' })],
    ['AUTH_ERROR', (_, client) => client.send(publishPacket({ topic: 'secret', qos: 0 }))],
  ] satisfies [
    string,
    (t: ReturnType<typeof createTestBroker>, client: Awaited<ReturnType<typeof connected>>) => void | Promise<void>,
  ][])('give the reason %s', async (disconnectReason, end) => {
    await using t = createTestBroker({ denied: new Set(['publish secret']) })
    const client = await connected(t)
    await Promise.resolve(end(t, client))
    await client.closed()

    expect(t.events.filter(({ topic }) => topic.startsWith('presence/disconnected'))).toMatchObject([
      { event: { disconnectReason, clientInitiatedDisconnect: false, versionNumber: 0 } },
    ])
  })

  test('number the connections of a client id, anew after an hour', async () => {
    await using t = createTestBroker()
    const versions = async (awayMs: number) => {
      t.events.splice(0)
      const client = await connected(t)
      client.send({ cmd: 'disconnect', reasonCode: 0 })
      await client.closed()
      t.clock.advance(awayMs)
      return t.events.map(({ event }) => event.versionNumber)
    }
    expect(await versions(1_000)).toEqual([0, 0])
    expect(await versions(3_599_999)).toEqual([1, 1])
    expect(await versions(3_600_000)).toEqual([2, 2])
    expect(await versions(0)).toEqual([0, 0])
  })

  test('keep the session identifier of a persistent session', async () => {
    await using t = createTestBroker()
    for (const clean of [false, false, true]) {
      const client = createWireClient(t.broker)
      await client.connect({ clean, properties: { sessionExpiryInterval: 60 } })
      client.lose()
      await new Promise(setImmediate)
    }
    const [first, , second, , third] = t.events.map(({ event }) => event.sessionIdentifier)
    expect(second).toBe(first)
    expect(third).not.toBe(first)
  })

  test.each(['connect one', 'publish will/topic', 'retainPublish will/topic'])(
    'tell of a CONNECT that failed because the policy denies %s',
    async (action) => {
      await using t = createTestBroker({ denied: new Set([action]) })
      const will = { topic: 'will/topic', payload: Buffer.from('x'), qos: 0 as const, retain: true }
      await createWireClient(t.broker).connect({ will })

      expect(t.events).toEqual([
        {
          topic: 'presence/connect_failed/one',
          event: {
            clientId: 'one',
            timestamp: t.clock.nowMs(),
            eventType: 'connect_failed',
            connectFailureReason: 'AUTHORIZATION_FAILED',
            principalIdentifier: 'principalone',
            sessionIdentifier: UUID,
            ipAddress: '192.0.2.1',
          },
        },
      ])
    },
  )

  test('are silent about strangers', async () => {
    await using t = createTestBroker({ authenticate: async () => ({ ok: false, reason: 'unknown' }) })
    await createWireClient(t.broker).connect()

    expect(t.events).toEqual([])
  })

  test('tell of subscriptions that were granted and ended', async () => {
    await using t = createTestBroker({ denied: new Set(['subscribe secret']) })
    const client = await connected(t)
    t.events.splice(0)
    const subscriptions = ['a', 'secret', '$share/g/b'].map((topic) => ({ topic, qos: 1 as const }))
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions })
    client.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a', 'never'] })
    client.send({ cmd: 'unsubscribe', messageId: 3, unsubscriptions: ['never'] })
    await client.settled()

    const common = {
      clientId: 'one',
      timestamp: t.clock.nowMs(),
      sessionIdentifier: UUID,
      principalIdentifier: 'principalone',
    }
    expect(t.events).toEqual([
      {
        topic: 'subscriptions/subscribed/one',
        event: { ...common, eventType: 'subscribed', topics: ['a', '$share/g/b'] },
      },
      { topic: 'subscriptions/unsubscribed/one', event: { ...common, eventType: 'unsubscribed', topics: ['a'] } },
    ])
  })

  test('name the thing of the principal', async () => {
    const granted = { ok: true, principalId: 'p', session: '', disconnectAfterSeconds: 300, thingName: 'lamp' } as const
    await using t = createTestBroker({ authenticate: async () => granted })
    await connected(t)

    expect(t.events).toMatchObject([{ event: { clientId: 'one', thingName: 'lamp' } }])
  })

  test('do not exist for a client id with a wildcard, nor at the end of the broker', async () => {
    const t = createTestBroker()
    const odd = await connected(t, 5, 'a+b')
    await odd.subscribe('a')
    expect(t.events).toEqual([])
    await connected(t, 5, 'plain')
    t.events.splice(0)
    await t.broker.close()
    expect(t.events).toEqual([])
  })

  test('reach subscribers that may have them, at QoS 1', async () => {
    await using t = createTestBroker({ denied: new Set(['receive $aws/events/presence/connected/two']) })
    const watcher = await connected(t, 5, 'watcher')
    await watcher.subscribe('$aws/events/presence/+/+')
    await connected(t, 5, 'one')
    await connected(t, 5, 'two')
    t.broker.disconnect('two')

    const packets = await watcher.settled()
    expect(packets).toMatchObject([
      { topic: '$aws/events/presence/connected/one', qos: 1 },
      { topic: '$aws/events/presence/disconnected/two', qos: 1 },
    ])
  })

  test('that the rules do not take are logged', async () => {
    await using t = createTestBroker()
    await using failing = createTestBroker({ log: (entry) => t.log.push(entry), rejectEvents: true })
    await connected(failing)
    await new Promise(setImmediate)

    expect(t.logged('lifecycle_event_failed')).toMatchObject([{ topic: '$aws/events/presence/connected/one' }])
  })
})
