import type { IPublishPacket } from 'mqtt-packet'
import { describe, expect, test } from 'vitest'
import { REASON } from '#local/broker/index.ts'
import { connected, publishPacket } from './packets.ts'
import { createTestBroker } from './test-broker.ts'

describe('PUBLISH', () => {
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
    ['topic alias 9', { properties: { topicAlias: 9 } }, REASON.topicAliasInvalid],
    ['topic alias 0', { properties: { topicAlias: 0 } }, REASON.topicAliasInvalid],
    ['a topic alias that was never set', { topic: '', properties: { topicAlias: 8 } }, REASON.protocolError],
    ['8 KB of correlation data and one byte', { properties: { correlationData: Buffer.alloc(8_193) } }, 0x97],
    [
      'more than 8 KB of user properties',
      { properties: { userProperties: { a: ['x'.repeat(4_096), 'y'.repeat(4_096)] } } },
      0x97,
    ],
    ['a content type of 257 bytes', { properties: { contentType: 'é'.repeat(129) } }, 0x97],
    ['an empty topic', { topic: '' }, REASON.protocolError],
    ['a wildcard response topic', { properties: { responseTopic: 'a/#' } }, REASON.protocolError],
    ['a payload over 128 KB', { payload: Buffer.alloc(131_073) }, REASON.quotaExceeded],
    ['more than the maximum packet', { payload: Buffer.alloc(200_000) }, REASON.quotaExceeded],
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
})
