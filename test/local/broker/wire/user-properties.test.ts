import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { UserProperties } from '#local/broker/index.ts'
import { checkPacket } from '../../../../local/broker/wire/check-packet.ts'
import { encodePacket } from '../../../../local/broker/wire/packet-encoder.ts'
import { connected, publishPacket } from '../packets.ts'
import { createTestBroker } from '../test-broker.ts'
import { createWireClient } from '../wire-client.ts'

const PAIRS: UserProperties = [
  ['b', '1'],
  ['10', '2'],
  ['constructor', '3'],
  ['2', '4'],
  ['__proto__', '5'],
  ['b', '6'],
]

/** A PUBLISH of MQTT 5 as a client writes it. */
const publish = (userProperties: UserProperties) =>
  encodePacket({ ...publishPacket({ qos: 0 }), properties: { userProperties } }, 5)

test('user properties reach rules and subscribers in the order in which they were sent', async () => {
  await using t = createTestBroker()
  const client = await connected(t)
  await client.subscribe('a/b', 0)
  const arrived = new Promise<Buffer>((resolve) => client.stream.once('data', resolve))
  client.sendBytes(publish(PAIRS))

  expect(checkPacket(await arrived, 5)).toEqual({ userProperties: PAIRS })
  expect(t.messages.map(({ properties }) => properties)).toEqual([{ userProperties: PAIRS }])
})

test('those of a Will do too', async () => {
  await using t = createTestBroker()
  const client = await connected(t, 5, 'watcher')
  const pair = (name: string) => [0x26, 0, 1, ...Buffer.from(name), 0, 0]
  const body = [0, 4, ...Buffer.from('MQTT'), 5, 0x06, 0, 60, 0, 0, 1, 0x63]
  const will = [18, ...pair('b'), ...pair('a'), ...pair('b'), 0, 1, 0x77, 0, 0]
  const dying = createWireClient(t.broker)
  dying.sendBytes(Buffer.from([0x10, body.length + will.length, ...body, ...will]))
  await dying.next('connack')
  dying.lose()
  await client.settled()

  expect(t.messages).toMatchObject([
    {
      topic: 'w',
      properties: {
        userProperties: [
          ['b', ''],
          ['a', ''],
          ['b', ''],
        ],
      },
    },
  ])
})

test('what is written is read again, whatever stands beside the user properties', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 200 }).filter((one) => !one.includes('\0'))
  fc.assert(
    fc.property(
      fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 20 }),
      fc.constantFrom(0 as const, 1 as const),
      fc.option(text, { nil: undefined }),
      fc.uint8Array({ maxLength: 300 }),
      (userProperties, qos, contentType, bytes) => {
        const properties = { userProperties, ...(contentType !== undefined && { contentType }) }
        const payload = Buffer.from(bytes)
        const frame = encodePacket({ ...publishPacket({ qos, payload }), properties }, 5)

        expect(checkPacket(frame, 5)).toEqual({ userProperties })
        expect(frame.subarray(frame.length - payload.length)).toEqual(payload)
      },
    ),
  )
})
