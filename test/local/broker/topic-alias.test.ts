import { expect, test } from 'vitest'
import { connected, publishPacket } from './packets.ts'
import { createTestBroker } from './test-broker.ts'

test('a topic alias stands for the topic it was last set to, on its connection', async () => {
  await using t = createTestBroker()
  const client = await connected(t)
  const publish = async (topic: string, topicAlias: number) => {
    client.send(publishPacket({ topic, properties: { topicAlias } }))
    expect(await client.next('puback')).toMatchObject({ reasonCode: 0 })
    return t.messages.at(-1)?.topic
  }
  expect(await publish('first', 1)).toBe('first')
  expect(await publish('eighth', 8)).toBe('eighth')
  expect(await publish('', 1)).toBe('first')
  expect(await publish('second', 1)).toBe('second')
  expect(await publish('', 1)).toBe('second')
  expect(await publish('', 8)).toBe('eighth')

  const other = await connected(t, 5, 'two')
  other.send(publishPacket({ topic: '', properties: { topicAlias: 1 } }))
  expect(await other.next('disconnect')).toMatchObject({ reasonCode: 0x82 })
})

test('the rights for the topic behind an alias are asked each time', async () => {
  const denied = new Set<string>()
  await using t = createTestBroker({ denied })
  const client = await connected(t)
  client.send(publishPacket({ properties: { topicAlias: 1 } }))
  expect(await client.next('puback')).toMatchObject({ reasonCode: 0 })
  denied.add('publish a/b')
  client.send(publishPacket({ topic: '', properties: { topicAlias: 1 } }))
  expect(await client.next('puback')).toMatchObject({ reasonCode: 0x87 })
})

test('an alias is not passed on to subscribers', async () => {
  await using t = createTestBroker()
  const client = await connected(t)
  await client.subscribe('a/b', 0)
  client.send(publishPacket({ qos: 0, properties: { topicAlias: 1 } }))
  client.send(publishPacket({ qos: 0, topic: '', properties: { topicAlias: 1 } }))
  for (const _ of [1, 2]) {
    const packet = await client.next('publish')
    expect(packet.topic).toBe('a/b')
    expect(packet.properties?.topicAlias).toBeUndefined()
  }
})
