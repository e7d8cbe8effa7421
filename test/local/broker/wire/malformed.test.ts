import { describe, expect, test } from 'vitest'
import { REASON } from '#local/broker/index.ts'
import { connected } from '../packets.ts'
import { createTestBroker } from '../test-broker.ts'
import { createWireClient } from '../wire-client.ts'

/** A frame with a remaining length of one byte. */
const frame = (header: number, ...body: (number | string)[]) => {
  const bytes = Buffer.concat(body.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.of(part))))
  return Buffer.concat([Buffer.of(header, bytes.length), bytes])
}
const V4 = [0, 4, 'MQTT', 4] as const
const V5 = [0, 4, 'MQTT', 5] as const
const ID = [0, 1, 'c'] as const

describe('a PUBLISH, SUBSCRIBE or the like gets DISCONNECT 0x81 with', () => {
  test.each([
    ['a topic that is no UTF-8', frame(0x30, 0, 2, 'a', 0xff, 0)],
    ['a topic with a surrogate', frame(0x30, 0, 3, 0xed, 0xa0, 0x80, 0)],
    ['U+0000 in a topic', frame(0x30, 0, 3, 'a\0b', 0)],
    ['U+0000 in a content type', frame(0x30, 0, 1, 'a', 4, 0x03, 0, 1, 0)],
    ['a response topic that is no UTF-8', frame(0x30, 0, 1, 'a', 4, 0x08, 0, 1, 0xff)],
    ['a user property that is no UTF-8', frame(0x30, 0, 1, 'a', 7, 0x26, 0, 1, 0xc0, 0, 1, 'v')],
    ['a filter that is no UTF-8', frame(0x82, 0, 1, 0, 0, 1, 0xff, 0)],
    ['an UNSUBSCRIBE of no UTF-8', frame(0xa2, 0, 1, 0, 0, 1, 0xff)],
    ['a payload format indicator of 2', frame(0x30, 0, 1, 'a', 2, 0x01, 2)],
    ['the session expiry of a CONNECT', frame(0x30, 0, 1, 'a', 5, 0x11, 0, 0, 0, 1)],
    ['properties that end within one', frame(0x30, 0, 1, 'a', 2, 0x23, 0, 1)],
    ['a topic alias in a SUBSCRIBE', frame(0x82, 0, 1, 3, 0x23, 0, 1, 0, 1, 'a', 0)],
    ['a content type in a PUBACK', frame(0x40, 0, 1, 0, 4, 0x03, 0, 1, 'x')],
    ['bytes behind a PUBACK', frame(0x40, 0, 1, 0, 0, 0)],
    ['a body of a PINGREQ', frame(0xc0, 0)],
    ['bytes behind a DISCONNECT', frame(0xe0, 0, 0, 0)],
  ])('%s', async (_, bytes) => {
    await using t = createTestBroker()
    const client = await connected(t)
    client.sendBytes(bytes)

    expect(await client.next('disconnect')).toMatchObject({ reasonCode: REASON.malformedPacket })
    await client.closed()
    expect(t.messages).toEqual([])
  })

  test.each([
    ['a topic that is no UTF-8', frame(0x30, 0, 1, 0xff)],
    ['a reason code in a PUBACK', frame(0x40, 0, 1, 0)],
    ['a reason code in a DISCONNECT', frame(0xe0, 0)],
  ])('%s, which closes an MQTT 3.1.1 connection', async (_, bytes) => {
    await using t = createTestBroker()
    const client = await connected(t, 4)
    client.sendBytes(bytes)

    expect(await client.closed()).toEqual([])
    expect(t.logged('client_disconnected')).toMatchObject([{ disconnectReason: 'CLIENT_ERROR', reasonCode: '0x81' }])
  })
})

describe('a CONNECT is not answered with', () => {
  test.each([
    ['a Will of QoS 3', frame(0x10, ...V5, 0x1e, 0, 60, 0, ...ID, 0, 0, 1, 'w', 0, 0)],
    ['a Will of QoS 3 (3.1.1)', frame(0x10, ...V4, 0x1e, 0, 60, ...ID, 0, 1, 'w', 0, 0)],
    ['a client id with U+0000', frame(0x10, ...V5, 0x02, 0, 60, 0, 0, 1, 0)],
    ['a user name that is no UTF-8', frame(0x10, ...V5, 0x82, 0, 60, 0, ...ID, 0, 1, 0xff)],
    ['a Will topic that is no UTF-8', frame(0x10, ...V5, 0x06, 0, 60, 0, ...ID, 0, 0, 1, 0xff, 0, 0)],
    ['a topic alias', frame(0x10, ...V5, 0x02, 0, 60, 3, 0x23, 0, 1, ...ID)],
    ['a receive maximum in the Will', frame(0x10, ...V5, 0x06, 0, 60, 0, ...ID, 3, 0x21, 0, 1, 0, 1, 'w', 0, 0)],
    ['request problem information of 2', frame(0x10, ...V5, 0x02, 0, 60, 2, 0x17, 2, ...ID)],
    ['bytes behind its payload', frame(0x10, ...V5, 0x02, 0, 60, 0, ...ID, 0)],
    ['a password without user name (3.1.1)', frame(0x10, ...V4, 0x42, 0, 60, ...ID, 0, 1, 'p')],
  ])('%s', async (_, bytes) => {
    await using t = createTestBroker()
    const client = createWireClient(t.broker, bytes[8] === 5 ? 5 : 4)
    client.sendBytes(bytes)

    expect(await client.closed()).toEqual([])
    expect(t.logged('bad_packet')).toMatchObject([{ reason: expect.any(String) }])
    expect(t.connectRequests).toEqual([])
  })

  test('but a password without user name is fine in MQTT 5', async () => {
    await using t = createTestBroker()
    const client = createWireClient(t.broker)
    client.sendBytes(frame(0x10, ...V5, 0x42, 0, 60, 0, ...ID, 0, 1, 'p'))

    expect(await client.next('connack')).toMatchObject({ reasonCode: 0 })
    expect(t.connectRequests).toMatchObject([{ password: Buffer.from('p') }])
  })
})
