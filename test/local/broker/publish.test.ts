import type { IPublishPacket } from 'mqtt-packet'
import { describe, expect, test } from 'vitest'
import { BrokerError, type ProtocolVersion, REASON } from '#local/broker/index.ts'
import { createTestBroker, type TestBroker } from './test-broker.ts'
import { createWireClient } from './wire-client.ts'

function publishPacket(fields: Partial<IPublishPacket> = {}): IPublishPacket {
  return { cmd: 'publish', topic: 'a/b', payload: 'text', qos: 1, messageId: 7, dup: false, retain: false, ...fields }
}

async function connected(t: TestBroker, version: ProtocolVersion = 5, clientId = 'one', properties = {}) {
  const client = createWireClient(t.broker, version)
  await client.connect({ clientId, ...(version === 5 ? { properties } : {}) })
  return client
}

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
      userProperties: { a: ['1', '2'], b: '3' },
    }
    client.send(publishPacket({ properties, retain: true }))

    expect(await client.next('puback')).toMatchObject({ messageId: 7, reasonCode: 0 })
    expect(t.messages).toEqual([
      {
        topic: 'a/b',
        payload: Buffer.from('text'),
        qos: 1,
        retain: true,
        properties: { ...properties, messageExpiryInterval: 1 },
        clientId: 'one',
        principalId: 'principalone',
        receivedAtMs: t.clock.nowMs(),
        expiresAtMs: t.clock.nowMs() + 1_000,
        traceId: expect.stringMatching(/^[0-9a-f-]{36}$/),
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

  describe('that the policy denies', () => {
    const denied = new Set(['publish a/b', 'retainPublish kept'])

    test('gets PUBACK 0x87 at QoS 1 in MQTT 5, and the connection stays', async () => {
      await using t = createTestBroker({ denied })
      const client = await connected(t)
      client.send(publishPacket())
      expect(await client.next('puback')).toMatchObject({ messageId: 7, reasonCode: REASON.notAuthorized })
      client.send(publishPacket({ topic: 'kept', retain: true }))
      expect(await client.next('puback')).toMatchObject({ messageId: 7, reasonCode: REASON.notAuthorized })
      client.send(publishPacket({ topic: 'kept' }))
      expect(await client.next('puback')).toMatchObject({ messageId: 7, reasonCode: 0 })

      const entry = { level: 'warn', event: 'denied', clientId: 'one', reasonCode: '0x87' }
      expect(t.logged('denied')).toEqual([
        { ...entry, action: 'publish', name: 'a/b', reason: 'test: publish' },
        { ...entry, action: 'retainPublish', name: 'kept', reason: 'test: retainPublish' },
      ])
      expect(t.messages).toHaveLength(1)
    })

    test('gets DISCONNECT 0x87 at QoS 0 in MQTT 5, without the reason', async () => {
      await using t = createTestBroker({ denied })
      const client = await connected(t)
      client.send(publishPacket({ qos: 0 }))
      const packet = await client.next('disconnect')

      expect(packet.reasonCode).toBe(REASON.notAuthorized)
      expect(packet.properties).toBeUndefined()
      expect(t.logged('client_disconnected')).toMatchObject([{ disconnectReason: 'AUTH_ERROR' }])
    })

    test.each([0, 1] as const)('closes an MQTT 3.1.1 connection at QoS %i', async (qos) => {
      await using t = createTestBroker({ denied })
      const client = await connected(t, 4)
      client.send(publishPacket({ qos }))

      expect(await client.closed()).toEqual([])
      expect(t.messages).toEqual([])
    })

    test('because the authorization itself fails', async () => {
      const authorize = ({ action }: { action: string }) => {
        if (action === 'connect') return { allowed: true, reason: '' }
        throw new Error('bad policy')
      }
      await using t = createTestBroker({ authorize })
      const client = await connected(t)
      client.send(publishPacket())

      expect(await client.next('puback')).toMatchObject({ reasonCode: REASON.notAuthorized })
      expect(t.logged('denied')).toMatchObject([{ reason: 'the authorization failed: bad policy' }])
    })
  })

  test.each([
    ['a wildcard', 'a/#'],
    ['nine levels', 'a/b/c/d/e/f/g/h/i'],
    ['257 bytes', 'x'.repeat(257)],
    ['a reserved prefix', '$aws/events/x'],
  ])('to a topic with %s is refused', async (_, topic) => {
    await using t = createTestBroker()
    const five = await connected(t)
    five.send(publishPacket({ topic }))
    expect(await five.next('puback')).toMatchObject({ reasonCode: REASON.topicNameInvalid })
    five.send(publishPacket({ topic, qos: 0 }))
    expect(await five.next('disconnect')).toMatchObject({ reasonCode: REASON.topicNameInvalid })

    const four = await connected(t, 4, 'two')
    four.send(publishPacket({ topic }))
    expect(await four.closed()).toEqual([])
    expect(t.logged('publish_refused')).toHaveLength(3)
    expect(t.messages).toEqual([])
  })

  test.each([
    ['QoS 2', { qos: 2 }, REASON.qosNotSupported],
    ['a topic alias', { properties: { topicAlias: 1 } }, REASON.topicAliasInvalid],
    ['an empty topic', { topic: '' }, REASON.protocolError],
    ['a wildcard response topic', { properties: { responseTopic: 'a/#' } }, REASON.protocolError],
    ['a payload over 128 KB', { payload: Buffer.alloc(131_073) }, REASON.packetTooLarge],
    ['more than the maximum packet', { payload: Buffer.alloc(200_000) }, REASON.packetTooLarge],
  ] as const)('with %s ends the connection', async (_, fields, reasonCode) => {
    await using t = createTestBroker()
    const client = await connected(t)
    client.send(publishPacket(fields as Partial<IPublishPacket>))

    const packet = await client.next('disconnect')
    expect(packet.reasonCode).toBe(reasonCode)
    expect(packet.properties?.reasonString).toEqual(expect.any(String))
    expect(await client.closed()).toEqual([])
    expect(t.logged('client_disconnected')).toMatchObject([{ disconnectReason: 'CLIENT_ERROR' }])
  })

  test.each([
    ['QoS 2', { qos: 2 }],
    ['a payload over 128 KB', { payload: Buffer.alloc(131_073) }],
  ] as const)('with %s closes an MQTT 3.1.1 connection', async (_, fields) => {
    await using t = createTestBroker()
    const client = await connected(t, 4)
    client.send(publishPacket(fields as Partial<IPublishPacket>))

    expect(await client.closed()).toEqual([])
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

describe('a message from the cloud', () => {
  test('is delivered and reaches the topic rules without a sender', async () => {
    await using t = createTestBroker()
    const client = await connected(t)
    await client.subscribe('a/b')
    await t.broker.publish({ topic: 'a/b', payload: Buffer.from('x'), principalId: 'role', sourceAddress: '192.0.2.9' })

    expect(await client.next('publish')).toMatchObject({ qos: 0, topic: 'a/b' })
    expect(t.messages).toMatchObject([{ clientId: 'n/a', principalId: 'role', sourceAddress: '192.0.2.9', qos: 0 }])
  })

  test.each([
    ['topic_invalid', { topic: 'a/+', payload: Buffer.alloc(0) }],
    ['topic_invalid', { topic: 'a', payload: Buffer.alloc(0), properties: { responseTopic: '#' } }],
    ['payload_too_large', { topic: 'a', payload: Buffer.alloc(131_073) }],
  ])('is refused with %s', async (code, message) => {
    await using t = createTestBroker()
    const refused = t.broker.publish(message)

    await expect(refused).rejects.toThrow(BrokerError)
    await expect(refused).rejects.toMatchObject({ code })
  })

  test('is refused once the broker is closed', async () => {
    const t = createTestBroker()
    await t.broker.close()

    await expect(t.broker.publish({ topic: 'a', payload: Buffer.alloc(0) })).rejects.toMatchObject({
      code: 'broker_closed',
    })
  })
})

describe('message properties', () => {
  test('are passed on to MQTT 5 and left out for MQTT 3.1.1', async () => {
    await using t = createTestBroker()
    const five = await connected(t)
    const four = await connected(t, 4, 'two')
    await five.subscribe('a')
    await four.subscribe('a')
    const properties = {
      responseTopic: 'r',
      correlationData: Buffer.from('c'),
      contentType: 't',
      userProperties: { k: 'v' },
    }
    await t.broker.publish({ topic: 'a', payload: Buffer.from('x'), properties })

    expect((await five.next('publish')).properties).toEqual(properties)
    expect((await four.next('publish')).properties).toBeUndefined()
  })

  test('tell a subscriber the remaining seconds of the expiry', async () => {
    await using t = createTestBroker()
    const first = await connected(t, 5, 'one', { sessionExpiryInterval: 600 })
    await first.subscribe('a')
    first.send({ cmd: 'disconnect', reasonCode: 0 })
    await first.closed()
    const publish = (seconds: number) =>
      t.broker.publish({
        topic: 'a',
        payload: Buffer.from(`${seconds}`),
        qos: 1,
        properties: { messageExpiryInterval: seconds },
      })
    await publish(10)
    await publish(5)
    await publish(6)
    t.clock.advance(5_500)

    const again = createWireClient(t.broker)
    await again.connect({ clean: false })
    const packets = await again.settled()
    expect(packets).toMatchObject([
      { payload: Buffer.from('10'), properties: { messageExpiryInterval: 4 } },
      { payload: Buffer.from('6'), properties: { messageExpiryInterval: 0 } },
    ])
    expect(t.logged('delivery_dropped')).toMatchObject([{ reason: 'the message has expired' }])
  })
})

describe('delivery', () => {
  test('without the right to receive is dropped for that client only', async () => {
    const denied = new Set<string>()
    const authorize = ({ action, client }: { action: string; client: { clientId: string } }) => ({
      allowed: !denied.has(`${action} ${client.clientId}`),
      reason: 'revoked',
    })
    await using t = createTestBroker({ authorize })
    const one = await connected(t, 5, 'one')
    const two = await connected(t, 5, 'two')
    await one.subscribe('a')
    await two.subscribe('a')
    denied.add('receive one')
    await t.broker.publish({ topic: 'a', payload: Buffer.from('x'), qos: 1 })

    expect(await two.next('publish')).toMatchObject({ topic: 'a' })
    expect(await one.settled()).toEqual([])
    expect(t.logged('denied')).toEqual([
      { level: 'debug', event: 'denied', clientId: 'one', action: 'receive', name: 'a', reason: 'revoked' },
    ])
  })

  test.each([
    ['the receive maximum of the client', { receiveMaximum: 2 }, 2],
    ['100', {}, 100],
    ['100, whatever a client announces', { receiveMaximum: 500 }, 100],
  ])('stops at %s until a message is acknowledged', async (_, properties, limit) => {
    await using t = createTestBroker()
    const client = await connected(t, 5, 'one', properties)
    await client.subscribe('a')
    for (let count = 0; count < limit + 3; count += 1) {
      await t.broker.publish({ topic: 'a', payload: Buffer.from(`${count}`), qos: 1 })
    }
    const sent = await client.settled()
    expect(sent).toHaveLength(limit)

    client.send({ cmd: 'puback', messageId: 1, reasonCode: 0 })
    expect(await client.next('publish')).toMatchObject({ payload: Buffer.from(`${limit}`) })
    expect(await client.settled()).toEqual([])
  })

  test('leaves out what is larger than the client accepts', async () => {
    await using t = createTestBroker()
    const client = await connected(t, 5, 'one', { maximumPacketSize: 512 })
    await client.subscribe('a')
    await t.broker.publish({ topic: 'a', payload: Buffer.alloc(512), qos: 1 })
    await t.broker.publish({ topic: 'a', payload: Buffer.alloc(100), qos: 1 })

    expect(await client.settled()).toMatchObject([{ payload: Buffer.alloc(100) }])
    expect(t.logged('delivery_dropped')).toMatchObject([{ reason: 'larger than the client accepts' }])
  })

  test('to a client that does not read holds up nobody else', async () => {
    await using t = createTestBroker({ limits: { maxOutboundBufferBytes: 200_000, lingerMs: 0 } })
    const slow = await connected(t, 5, 'slow')
    const fast = await connected(t, 5, 'fast')
    await slow.subscribe('#', 1)
    await fast.subscribe('#', 1)
    slow.stream.pause()
    const payload = Buffer.alloc(100_000)
    for (let count = 1; count <= 20; count += 1) {
      await t.broker.publish({ topic: 'a', payload, qos: 1 })
      const { messageId = 0 } = await fast.next('publish')
      fast.send({ cmd: 'puback', messageId, reasonCode: 0 })
    }
    await t.broker.publish({ topic: 'a', payload, qos: 0 })
    await fast.next('publish')
    expect(t.logged('slow_consumer')).toMatchObject([{ clientId: 'slow' }])

    slow.stream.resume()
    for (let count = 1; count <= 20; count += 1) expect(await slow.next('publish')).toMatchObject({ qos: 1 })
    expect(await slow.settled()).toEqual([])
  })

  test('does not come back to its sender when the subscription says No Local', async () => {
    await using t = createTestBroker()
    const client = await connected(t)
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a', qos: 0, nl: true }] })
    await client.next('suback')
    client.send(publishPacket({ topic: 'a', qos: 0 }))

    expect(await client.settled()).toEqual([])
  })
})
