import { expect, test } from 'vitest'
import { createMeter } from '#local/meter/index.ts'
import { createTestBroker } from './test-broker.ts'
import { createWireClient } from './wire-client.ts'

const KB = 1024

test('messages are metered in steps of 5 KB, by what the metering page of AWS IoT Core names', async () => {
  const { count, read } = createMeter()
  await using test = createTestBroker({ count })
  const [one, other] = [createWireClient(test.broker), createWireClient(test.broker)]
  await one.connect({ clientId: 'one', username: 'device', password: Buffer.alloc(6 * KB) })
  await other.connect({ clientId: 'other' })
  await other.subscribe('a/b', 1)
  const publish = { cmd: 'publish', topic: 'a/b', qos: 1, dup: false, retain: false } as const
  // topic and properties count with the payload
  one.send({ ...publish, messageId: 1, payload: Buffer.alloc(5 * KB - 3) })
  one.send({ ...publish, messageId: 2, payload: Buffer.alloc(5 * KB - 3), properties: { contentType: 'x' } })
  one.send({ ...publish, messageId: 3, payload: 'x', topic: '$aws/rules/some/a/b' })
  one.send({ ...publish, messageId: 4, payload: 'x', topic: 'kept', retain: true })
  for (let sent = 0; sent < 2; sent += 1) {
    const { messageId } = await other.next('publish')
    other.send({ cmd: 'puback', ...(messageId !== undefined && { messageId }) })
  }
  await one.settled()
  await other.settled()

  expect(read()['iot.messages']).toEqual({
    CONNECT: 3,
    SUBSCRIBE: 1,
    'PUBLISH received': 4,
    RETAINED: 1,
    'PUBLISH sent': 3,
    PUBACK: 2,
  })
})

test('a connection is metered by the minute that has begun', async () => {
  const { count, read } = createMeter()
  await using test = createTestBroker({ count })
  const client = createWireClient(test.broker)
  await client.connect({ clientId: 'one', keepalive: 0 })
  test.clock.advance(60_001)
  client.send({ cmd: 'disconnect' })
  await client.closed()

  expect(read()['iot.connectionMinutes']).toEqual({ connections: 2 })
})
