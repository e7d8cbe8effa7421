import { describe, expect, test } from 'vitest'
import { REASON } from '#local/broker/index.ts'
import { connected, publishPacket } from './packets.ts'
import { createTestBroker } from './test-broker.ts'

describe('PUBLISH', () => {
  test('reaches the topic rules with the facts of its sender', async () => {
    await using t = createTestBroker()
    const client = await connected(t)
    const properties = {
      responseTopic: 'answers/one',
      correlationData: Buffer.from([1, 2]),
      contentType: 'application/json',
      payloadFormatIndicator: true,
      messageExpiryInterval: 0,
    }
    const userProperties = { a: ['1', '2'], b: '3' }
    client.send(publishPacket({ properties: { ...properties, userProperties }, retain: true }))

    expect(await client.next('puback')).toMatchObject({ messageId: 7, reasonCode: 0 })
    expect(t.messages).toEqual([
      {
        topic: 'a/b',
        payload: Buffer.from('text'),
        qos: 1,
        retain: true,
        properties: {
          ...properties,
          messageExpiryInterval: 1,
          userProperties: [
            ['a', '1'],
            ['a', '2'],
            ['b', '3'],
          ],
        },
        clientId: 'one',
        principalId: 'principalone',
        receivedAtMs: t.clock.nowMs(),
        expiresAtMs: t.clock.nowMs() + 1_000,
        traceId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        origin: 'client',
        sourceAddress: '192.0.2.1',
      },
    ])
  })

  test.each([4, 5] as const)(
    'is delivered at the lower QoS of message and subscription (version %i)',
    async (version) => {
      await using t = createTestBroker()
      const client = await connected(t, version)
      expect(await client.subscribe('a/+', 1)).toEqual([1])
      expect(await client.subscribe('q0/#', 0)).toEqual([0])
      client.send(publishPacket({ qos: 0, topic: 'a/0', retain: true }))
      client.send(publishPacket({ qos: 1, topic: 'q0/x' }))
      client.send(publishPacket({ qos: 1, topic: 'a/1', messageId: 8 }))

      const packets = (await client.settled()).filter(({ cmd }) => cmd === 'publish')
      expect(packets).toMatchObject([
        { topic: 'a/0', qos: 0, retain: false, dup: false },
        { topic: 'q0/x', qos: 0 },
        { topic: 'a/1', qos: 1, messageId: 1 },
      ])
    },
  )

  test('comes once to a client whose subscriptions overlap, at the highest QoS', async () => {
    await using t = createTestBroker()
    const client = await connected(t)
    await client.subscribe('a/#', 0)
    await client.subscribe('a/b', 1)
    await client.subscribe('+/b', 0)
    await t.broker.publish({ topic: 'a/b', payload: Buffer.from('x'), qos: 1 })

    expect(await client.settled()).toMatchObject([{ cmd: 'publish', qos: 1 }])
  })

  test('is acknowledged only after the topic rules have taken it', async () => {
    const taken: (() => void)[] = []
    await using t = createTestBroker({ onMessage: () => new Promise((resolve) => taken.push(resolve)) })
    const client = await connected(t)
    client.send(publishPacket())
    expect(await client.settled()).toEqual([])
    taken[0]?.()

    expect(await client.next('puback')).toMatchObject({ messageId: 7 })
  })

  test('that the topic rules reject gets PUBACK 0x80, or a closed connection in MQTT 3.1.1', async () => {
    await using t = createTestBroker({ onMessage: () => Promise.reject(new Error('no rule engine')) })
    const five = await connected(t)
    five.send(publishPacket())
    expect(await five.next('puback')).toMatchObject({ messageId: 7, reasonCode: 0x80 })

    const four = await connected(t, 4, 'two')
    four.send(publishPacket())
    expect(await four.closed()).toEqual([])
    expect(t.logged('publish_failed')).toMatchObject([{ reason: 'no rule engine' }, { reason: 'no rule engine' }])
    expect(t.logged('client_disconnected')).toMatchObject([{ clientId: 'two', disconnectReason: 'SERVER_ERROR' }])
  })

  test('takes a payload of exactly 128 KB', async () => {
    await using t = createTestBroker()
    const client = await connected(t)
    client.send(publishPacket({ payload: Buffer.alloc(131_072) }))

    expect(await client.next('puback')).toMatchObject({ reasonCode: 0 })
  })

  test('beyond 100 unacknowledged ones gets DISCONNECT 0x93', async () => {
    const taken: (() => void)[] = []
    await using t = createTestBroker({ onMessage: () => new Promise((resolve) => taken.push(resolve)) })
    const client = await connected(t)
    for (let messageId = 1; messageId <= 101; messageId += 1) client.send(publishPacket({ messageId }))

    expect(await client.next('disconnect')).toMatchObject({ reasonCode: REASON.receiveMaximumExceeded })
    expect(taken).toHaveLength(100)
    for (const take of taken) take()
  })

  test('beyond 100 unacknowledged ones waits in MQTT 3.1.1', async () => {
    const taken: (() => void)[] = []
    await using t = createTestBroker({ onMessage: () => new Promise((resolve) => taken.push(resolve)) })
    const client = await connected(t, 4)
    for (let messageId = 1; messageId <= 150; messageId += 1) client.send(publishPacket({ messageId }))
    while (taken.length < 100) await new Promise(setImmediate)
    await new Promise(setImmediate)
    expect(taken).toHaveLength(100)

    let acknowledged = 0
    while (acknowledged < 150) {
      taken.shift()?.()
      await client.next('puback')
      acknowledged += 1
    }
  })

  test('with an identifier in use gets PUBACK 0x91', async () => {
    let take = () => {}
    await using t = createTestBroker({ onMessage: () => new Promise((resolve) => (take = resolve)) })
    const client = await connected(t)
    client.send(publishPacket(), publishPacket())

    expect(await client.next('puback')).toMatchObject({ reasonCode: REASON.packetIdentifierInUse })
    take()
    expect(await client.next('puback')).toMatchObject({ reasonCode: 0 })
  })
})
