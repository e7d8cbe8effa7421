import type { ISubscription } from 'mqtt-packet'
import { describe, expect, test } from 'vitest'
import { REASON } from '#local/broker/index.ts'
import { createTestBroker } from './test-broker.ts'
import { createWireClient } from './wire-client.ts'

const FILTERS: ISubscription[] = [
  { topic: 'good/#', qos: 1 },
  { topic: 'secret', qos: 1 },
  { topic: 'a/#/b', qos: 1 },
  { topic: '$aws/rules/some/#', qos: 1 },
  { topic: '$share//a', qos: 1 },
  { topic: 'a/b/c/d/e/f/g/h/i', qos: 0 },
]

describe('SUBSCRIBE', () => {
  test('answers each filter by itself in MQTT 5', async () => {
    await using t = createTestBroker({ denied: new Set(['subscribe secret']) })
    const client = createWireClient(t.broker)
    await client.connect()
    client.send({ cmd: 'subscribe', messageId: 3, subscriptions: FILTERS })

    expect(await client.next('suback')).toMatchObject({ messageId: 3, granted: [1, 0x87, 0x8f, 0x8f, 0x8f, 0x8f] })
    expect([...t.broker.connections()]).toMatchObject([{ subscriptions: [{ filter: 'good/#', qos: 1 }] }])
    expect(t.logged('denied')).toMatchObject([{ action: 'subscribe', name: 'secret', reasonCode: '0x87' }])
    expect(t.logged('subscribe_refused')).toMatchObject([
      { filter: 'a/#/b', reasonCode: '0x8f' },
      { filter: '$aws/rules/some/#', reasonCode: '0x8f' },
      { filter: '$share//a', reason: 'a shared subscription reads $share/<group>/<filter>' },
      { filter: 'a/b/c/d/e/f/g/h/i', reason: 'a topic filter holds at most 7 slashes, got 8' },
    ])
  })

  test('can be made to answer denied filters with 0x80 in MQTT 3.1.1', async () => {
    const choices = { deniedSubscribeV4: 'suback' } as const
    await using t = createTestBroker({ denied: new Set(['subscribe secret']), choices })
    const client = createWireClient(t.broker, 4)
    await client.connect()
    client.send({ cmd: 'subscribe', messageId: 3, subscriptions: FILTERS })

    expect((await client.next('suback')).granted).toEqual([1, 0x80, 0x80, 0x80, 0x80, 0x80])
  })

  test('that is denied closes an MQTT 3.1.1 connection', async () => {
    await using t = createTestBroker({ denied: new Set(['subscribe secret']) })
    const client = createWireClient(t.broker, 4)
    await client.connect()
    client.send({ cmd: 'subscribe', messageId: 3, subscriptions: FILTERS })

    expect(await client.closed()).toEqual([])
    expect(t.logged('client_disconnected')).toMatchObject([{ disconnectReason: 'AUTH_ERROR' }])
  })

  test.each([
    ['QoS 2', [{ topic: 'a', qos: 2 }], undefined, REASON.qosNotSupported],
    ['a subscription identifier', [{ topic: 'a', qos: 1 }], { subscriptionIdentifier: 1 }, 0xa1],
  ] as const)('with %s ends the connection', async (_, subscriptions, properties, reasonCode) => {
    await using t = createTestBroker()
    const client = createWireClient(t.broker)
    await client.connect()
    client.send({
      cmd: 'subscribe',
      messageId: 3,
      subscriptions: [...subscriptions],
      ...(properties ? { properties } : {}),
    })

    expect(await client.next('disconnect')).toMatchObject({ reasonCode })
  })

  test('with QoS 2 closes an MQTT 3.1.1 connection', async () => {
    await using t = createTestBroker()
    const client = createWireClient(t.broker, 4)
    await client.connect()
    client.send({ cmd: 'subscribe', messageId: 3, subscriptions: [{ topic: 'a', qos: 2 }] })

    expect(await client.closed()).toEqual([])
  })

  test('without a filter is a protocol error', async () => {
    await using t = createTestBroker()
    const client = createWireClient(t.broker)
    await client.connect()
    client.sendBytes(Buffer.from([0x82, 3, 0, 1, 0]))

    expect(await client.next('disconnect')).toMatchObject({ reasonCode: REASON.protocolError })
  })

  test('holds at most 8 filters', async () => {
    await using t = createTestBroker()
    const client = createWireClient(t.broker)
    await client.connect()
    const subscriptions = Array.from({ length: 9 }, (_, index) => ({ topic: `t/${index}`, qos: 0 as const }))
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions })

    expect((await client.next('suback')).granted).toEqual(Array(9).fill(REASON.quotaExceeded))
  })

  test('is refused beyond 50 subscriptions, but may repeat one it has', async () => {
    await using t = createTestBroker()
    const client = createWireClient(t.broker)
    await client.connect()
    for (let index = 0; index < 50; index += 1) expect(await client.subscribe(`t/${index}`)).toEqual([1])

    expect(await client.subscribe('t/50')).toEqual([REASON.quotaExceeded])
    expect(await client.subscribe('t/0', 0)).toEqual([0])
  })

  test('can be made to end the connection beyond 50 subscriptions', async () => {
    await using t = createTestBroker({
      limits: { maxSubscriptionsPerConnection: 1 },
      choices: { tooManySubscriptions: 'disconnect' },
    })
    const client = createWireClient(t.broker)
    await client.connect()
    await client.subscribe('a')
    client.send({ cmd: 'subscribe', messageId: 2, subscriptions: [{ topic: 'b', qos: 0 }] })

    expect(await client.next('disconnect')).toMatchObject({ reasonCode: REASON.quotaExceeded })
  })

  test('replaces the QoS of a filter it names again', async () => {
    await using t = createTestBroker()
    const client = createWireClient(t.broker)
    await client.connect()
    await client.subscribe('a', 1)
    await client.subscribe('a', 0)
    await t.broker.publish({ topic: 'a', payload: Buffer.from('x'), qos: 1 })

    expect(await client.settled()).toMatchObject([{ qos: 0 }])
  })

  test('with # does not match the parent level', async () => {
    await using t = createTestBroker()
    const client = createWireClient(t.broker)
    await client.connect()
    await client.subscribe('a/#')
    await t.broker.publish({ topic: 'a', payload: Buffer.from('x') })
    await t.broker.publish({ topic: 'a/b', payload: Buffer.from('x') })

    expect(await client.settled()).toMatchObject([{ topic: 'a/b' }])
  })
})

describe('UNSUBSCRIBE', () => {
  test.each([4, 5] as const)(
    'ends deliveries, also for a filter that was not subscribed (version %i)',
    async (version) => {
      await using t = createTestBroker()
      const client = createWireClient(t.broker, version)
      await client.connect()
      await client.subscribe('a')
      client.send({ cmd: 'unsubscribe', messageId: 9, unsubscriptions: ['a', 'never'] })
      const unsuback = await client.next('unsuback')
      await t.broker.publish({ topic: 'a', payload: Buffer.from('x') })

      expect(unsuback.messageId).toBe(9)
      if (version === 5) expect(unsuback.granted).toEqual([0, 0])
      expect(await client.settled()).toEqual([])
    },
  )
})

describe('retained messages', () => {
  const payload = Buffer.from('kept')

  test.each([4, 5] as const)('come only to a filter that equals their topic (version %i)', async (version) => {
    await using t = createTestBroker()
    await t.broker.publish({ topic: 'a/b', payload, qos: 1, retain: true })
    const client = createWireClient(t.broker, version)
    await client.connect()
    await client.subscribe('a/+')
    await client.subscribe('a/#')
    expect(await client.settled()).toEqual([])

    await client.subscribe('a/b')
    expect(await client.settled()).toMatchObject([{ cmd: 'publish', topic: 'a/b', payload, qos: 1, retain: true }])
  })

  test('are replaced by the next one and deleted by an empty one', async () => {
    await using t = createTestBroker()
    const client = createWireClient(t.broker)
    await client.connect()
    await client.subscribe('a', 0)
    await t.broker.publish({ topic: 'a', payload, retain: true })
    await t.broker.publish({ topic: 'a', payload: Buffer.from('new'), retain: true })
    expect(t.broker.retainedMessage('a')?.payload).toEqual(Buffer.from('new'))
    await t.broker.publish({ topic: 'a', payload: Buffer.alloc(0), retain: true })

    expect(t.broker.retainedMessages()).toEqual([])
    const live = await client.settled()
    expect(live).toMatchObject([{ retain: false }, { retain: false }, { retain: false, payload: Buffer.alloc(0) }])
    await client.subscribe('a')
    expect(await client.settled()).toEqual([])
  })

  test('expire', async () => {
    await using t = createTestBroker()
    await t.broker.publish({ topic: 'a', payload, retain: true, properties: { messageExpiryInterval: 10 } })
    t.clock.advance(10_000)

    expect(t.broker.retainedMessage('a')).toBeUndefined()
  })

  test('need the right to receive', async () => {
    await using t = createTestBroker({ denied: new Set(['receive a']) })
    await t.broker.publish({ topic: 'a', payload, retain: true })
    const client = createWireClient(t.broker)
    await client.connect()
    await client.subscribe('a')

    expect(await client.settled()).toEqual([])
  })

  test.each([
    [0, 2],
    [1, 1],
    [2, 0],
  ] as const)('with Retain Handling %i come %i times for two equal SUBSCRIBEs', async (rh, times) => {
    await using t = createTestBroker()
    await t.broker.publish({ topic: 'a', payload, retain: true })
    const client = createWireClient(t.broker)
    await client.connect()
    for (const messageId of [1, 2]) {
      client.send({ cmd: 'subscribe', messageId, subscriptions: [{ topic: 'a', qos: 0, rh }] })
    }

    const packets = await client.settled()
    expect(packets.filter(({ cmd }) => cmd === 'publish')).toHaveLength(times)
  })
})
