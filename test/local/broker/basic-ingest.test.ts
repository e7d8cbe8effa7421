import { describe, expect, test } from 'vitest'
import { REASON } from '#local/broker/index.ts'
import { connected, publishPacket } from './packets.ts'
import { createTestBroker } from './test-broker.ts'

const EIGHT_LEVELS = 'a/b/c/d/e/f/g/h'

describe('Basic Ingest', () => {
  test.each([
    ['$aws/rules/my_rule/a/b', 'my_rule', 'a/b'],
    [`$aws/rules/my_rule/${EIGHT_LEVELS}`, 'my_rule', EIGHT_LEVELS],
    [`$aws/rules/my_rule/${'x'.repeat(256)}`, 'my_rule', 'x'.repeat(256)],
    ['$aws/rules/my_rule', 'my_rule', ''],
  ])('to %s goes to its rule without the prefix', async (name, basicIngestRule, topic) => {
    await using t = createTestBroker()
    const watcher = await connected(t, 5, 'watcher')
    await watcher.subscribe('#')
    await watcher.subscribe('$aws/#')
    const client = await connected(t)
    client.send(publishPacket({ topic: name }))

    expect(await client.next('puback')).toMatchObject({ reasonCode: 0 })
    expect(t.messages).toMatchObject([{ topic, basicIngestRule, clientId: 'one' }])
    const heard = (await watcher.settled()).flatMap((packet) => (packet.cmd === 'publish' ? packet.topic : []))
    expect(heard.filter((one) => !one.startsWith('$aws/events/'))).toEqual([])
  })

  test('needs the right to publish the whole topic', async () => {
    await using t = createTestBroker({ denied: new Set(['publish $aws/rules/my_rule/a']) })
    const client = await connected(t)
    client.send(publishPacket({ topic: '$aws/rules/my_rule/a' }))

    expect(await client.next('puback')).toMatchObject({ reasonCode: REASON.notAuthorized })
    expect(t.messages).toEqual([])
  })

  test.each([
    ['a name that no rule can have', '$aws/rules/my-rule/a', {}],
    ['no name', '$aws/rules/', {}],
    ['nine levels', `$aws/rules/my_rule/${EIGHT_LEVELS}/i`, {}],
    ['an empty rest', '$aws/rules/my_rule/', {}],
    ['RETAIN', '$aws/rules/my_rule/a', { retain: true }],
  ])('with %s is refused', async (_, topic, fields) => {
    await using t = createTestBroker()
    const client = await connected(t)
    client.send(publishPacket({ topic, ...fields }))

    expect(await client.next('puback')).toMatchObject({ reasonCode: REASON.topicNameInvalid })
    expect(t.messages).toEqual([])
  })

  test('works for the cloud too', async () => {
    await using t = createTestBroker()
    await t.broker.publish({ topic: '$aws/rules/my_rule/a', payload: Buffer.from('x') })

    expect(t.messages).toMatchObject([{ topic: 'a', basicIngestRule: 'my_rule', clientId: 'n/a' }])
  })

  test('is acknowledged once the rule has taken it', async () => {
    await using t = createTestBroker({ onMessage: () => Promise.reject(new Error('no such rule')) })
    const client = await connected(t)
    client.send(publishPacket({ topic: '$aws/rules/my_rule/a' }))

    expect(await client.next('puback')).toMatchObject({ reasonCode: REASON.unspecifiedError })
  })
})
