import { describe, expect, test } from 'vitest'
import { BrokerError } from '#local/broker/index.ts'
import { connected } from './packets.ts'
import { createTestBroker } from './test-broker.ts'

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
