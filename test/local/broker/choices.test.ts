import { describe, expect, test } from 'vitest'
import { REASON } from '#local/broker/index.ts'
import { connected, publishPacket } from './packets.ts'
import { createTestBroker } from './test-broker.ts'
import { createWireClient } from './wire-client.ts'

const denied = new Set(['publish a/b'])

describe('by choice', () => {
  test.each([
    ['MQTT 3.1.1', 4, 1, { deniedPublishV4: 'discard' }],
    ['MQTT 5 at QoS 0', 5, 0, { deniedPublishQos0V5: 'discard' }],
  ] as const)('a denied PUBLISH of %s is discarded and the connection stays', async (_, version, qos, choices) => {
    await using t = createTestBroker({ denied, choices })
    const client = await connected(t, version)
    client.send(publishPacket({ qos }))

    expect(await client.settled()).toEqual([])
    expect(t.messages).toEqual([])
    expect(t.logged('denied')).toMatchObject([{ action: 'publish', name: 'a/b' }])
  })

  test('a denied delivery ends the connection', async () => {
    const choices = { deniedDelivery: 'disconnect' } as const
    await using t = createTestBroker({ denied: new Set(['receive a']), choices })
    const client = await connected(t)
    await client.subscribe('a')
    await t.broker.publish({ topic: 'a', payload: Buffer.from('x'), qos: 1 })

    expect(await client.next('disconnect')).toMatchObject({ reasonCode: REASON.notAuthorized })
    expect(t.logged('client_disconnected')).toMatchObject([{ disconnectReason: 'AUTH_ERROR' }])
  })

  test('a failed authentication is answered with 0x86, which is 5 for MQTT 3.1.1', async () => {
    const choices = { refusedAuthenticationV5: 0x86 } as const
    await using t = createTestBroker({ choices, authenticate: async () => ({ ok: false, reason: 'unknown' }) })

    expect(await createWireClient(t.broker).connect()).toMatchObject({ reasonCode: 0x86 })
    expect(await createWireClient(t.broker, 4).connect()).toMatchObject({ returnCode: 5 })
  })

  test('no DISCONNECT publishes the Will', async () => {
    await using t = createTestBroker({ choices: { willAfterDisconnectWithReason: 'suppress' } })
    const client = createWireClient(t.broker)
    await client.connect({ will: { topic: 'will', payload: Buffer.from('gone'), qos: 0, retain: false } })
    client.send({ cmd: 'disconnect', reasonCode: REASON.disconnectWithWill })
    await client.closed()

    expect(t.messages).toEqual([])
  })

  test('lifecycle events have QoS 0', async () => {
    await using t = createTestBroker({ choices: { lifecycleEventQos: 0 } })
    const watcher = await connected(t, 5, 'watcher')
    await watcher.subscribe('$aws/events/presence/connected/+')
    await connected(t)

    expect(await watcher.settled()).toMatchObject([{ cmd: 'publish', qos: 0 }])
  })

  test('a payload over the maximum gets DISCONNECT 0x95, as the standard has it', async () => {
    await using t = createTestBroker({ choices: { tooLargeV5: REASON.packetTooLarge } })
    const client = await connected(t)
    client.send(publishPacket({ payload: Buffer.alloc(131_073) }))

    expect(await client.next('disconnect')).toMatchObject({ reasonCode: 0x95 })
  })
})
