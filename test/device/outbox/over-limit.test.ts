import { expect, test } from 'vitest'
import { connect, jamey } from '#device/index.ts'
import { until } from '../harness/device-bench.ts'
import { createDeviceClock } from '../harness/device-clock.ts'
import { createPacketServer } from '../harness/packet-server.ts'

const status = (message: string) => ({ status: 'online', message, component: 'test' }) as const

/** A broker that refuses the first publishes as too much. */
async function strictServer(refusals: number) {
  let left = refusals
  return createPacketServer((packet) => {
    if (packet.cmd !== 'publish' || left === 0) return undefined
    left -= 1
    return { cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode: 0x97 }
  })
}

test('what the broker refuses as too much goes again when its second is over, and not before', async () => {
  await using server = await strictServer(2)
  const clock = createDeviceClock()
  await using bridge = await connect(jamey, { url: server.url, clientId: 'd', clock })
  const sent = () => server.received('publish').map(({ payload }) => JSON.parse(String(payload)).payload.message)

  const published = [bridge.publish('events/status', status('1')), bridge.publish('events/status', status('2'))]
  await until(() => bridge.metrics().queued === 2)
  const third = bridge.publish('events/status', status('3'))
  clock.advance(999)
  await bridge.ping()
  expect(sent()).toEqual(['1', '2'])
  clock.advance(1)

  await Promise.all([...published, third])
  expect(sent()).toEqual(['1', '2', '1', '2', '3'])
  expect(bridge.metrics()).toMatchObject({ acknowledged: 3, queued: 0, inFlight: 0 })
})

test('a durable message that the broker refuses as too much stays in the store until it is taken', async () => {
  await using server = await strictServer(1)
  const clock = createDeviceClock()
  const kept = new Map<number, string>()
  const store = {
    load: () => [],
    add({ messageId }: { messageId: string }) {
      kept.set(kept.size, messageId)
      return kept.size - 1
    },
    delete: (key: number) => void kept.delete(key),
    close() {},
  }
  await using bridge = await connect(jamey, { url: server.url, clientId: 'd', clock, queue: { store } })

  const published = bridge.publish('events/status', status('1'))
  await until(() => bridge.metrics().queued === 1)
  expect(kept.size).toBe(1)
  clock.advance(1_000)

  await published
  expect(kept.size).toBe(0)
})
