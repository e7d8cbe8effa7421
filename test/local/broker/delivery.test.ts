import { describe, expect, test } from 'vitest'
import { connected, publishPacket } from './packets.ts'
import { createTestBroker } from './test-broker.ts'
import { createWireClient } from './wire-client.ts'

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
    }
    const payload = Buffer.from('x')
    await t.broker.publish({ topic: 'a', payload, properties: { ...properties, userProperties: [['k', 'v']] } })

    expect((await five.next('publish')).properties).toEqual({ ...properties, userProperties: { k: 'v' } })
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
