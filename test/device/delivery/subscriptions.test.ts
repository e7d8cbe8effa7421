import { describe, expect, test } from 'vitest'
import { connect, jamey } from '#device/index.ts'
import { createDeviceBench, until, untilEvent, untilState } from '../harness/device-bench.ts'
import { createPacketServer } from '../harness/packet-server.ts'

const uuid = () => crypto.randomUUID()
const update = (id: string = uuid()) => ({ id, layer: 'semantic', created_at: '2026-11-20T12:00:00Z' }) as const
const status = (message: string) => ({ status: 'online', message, component: 'test' })
const UPDATES = 'jamey/memory/updates'

describe('a kept session', () => {
  test('gives back its subscriptions without being asked, and a new one is asked again', async () => {
    let sessionPresent = true
    await using server = await createPacketServer((packet) =>
      packet.cmd === 'connect'
        ? { cmd: 'connack', reasonCode: 0, sessionPresent: server.connections > 1 && sessionPresent }
        : undefined,
    )
    await using bridge = await connect(jamey, {
      url: server.url,
      clientId: 'd',
      reconnect: { minIntervalMs: 0, stableAfterMs: 0 },
    })
    for (let index = 0; index < 10; index++)
      await bridge.on('org/{organizationId}/device/{deviceId}/response', () => {}, {
        params: { organizationId: 'o', deviceId: `d${index}` },
      })
    expect(server.received('subscribe')).toHaveLength(10)

    await bridge.renew()
    expect(server.received('subscribe')).toHaveLength(10)
    sessionPresent = false
    await bridge.renew()

    const again = server.received('subscribe').slice(10)
    // eight filters in one packet at most
    expect(again.map(({ subscriptions }) => subscriptions.length)).toEqual([8, 2])
  })

  test('that holds messages for a process that starts again loses none of them to handlers that come later', async () => {
    await using bench = await createDeviceBench()
    const first = await bench.device()
    await first.on('memory/updates', () => {})
    await first.on('events/status', () => {})
    await first.close()
    const messageId = await bench.send(UPDATES, update())
    await bench.send('jamey/events/status', status('nobody wants it'))

    const second = await bench.device({ unclaimedMs: 2_000 })
    const unhandled = untilEvent(second, 'unhandled')
    await until(() => second.metrics().received === 2)
    const received: unknown[] = []
    await second.on('memory/updates', (_, message) => received.push(message.messageId))
    bench.clock.advance(2_000)

    expect(await unhandled).toMatchObject({ topic: 'jamey/events/status' })
    expect(received).toEqual([messageId])
    await second.renew()
    await second.ping()
    expect(second.metrics().received).toBe(2)
  })

  test('that is clean begins without what was left', async () => {
    await using bench = await createDeviceBench()
    const first = await bench.device()
    await first.on('memory/updates', () => {})
    await first.close()
    await bench.send(UPDATES, update())

    const second = await bench.device({ session: 'clean' })
    await second.ping()

    expect(second.metrics().received).toBe(0)
  })
})

describe('a subscription', () => {
  test('made without a connection is granted with the next one', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device({ startOffline: true })
    const received: unknown[] = []

    await bridge.on('memory/updates', ({ id }) => received.push(id))
    const body = update()
    await bench.send(UPDATES, body)

    await until(() => received.length === 1)
  })

  test('that gets no answer in time is taken back', async () => {
    await using server = await createPacketServer((packet) => (packet.cmd === 'subscribe' ? [] : undefined))
    await using bridge = await connect(jamey, { url: server.url, clientId: 'd' })

    await expect(bridge.on('memory/updates', () => {}, { timeoutMs: 1 })).rejects.toMatchObject({
      code: 'operation_timeout',
    })

    expect(bridge.metrics().subscriptions).toBe(0)
  })

  test('that is not waited for is there at once', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device({ startOffline: true })
    const received: unknown[] = []

    const stop = await bridge.on('memory/updates', ({ id }) => received.push(id), { wait: false })
    await untilState(bridge, 'connected')
    await bench.send(UPDATES, update())
    await until(() => received.length === 1)
    await stop({ wait: false })

    expect(bridge.metrics().subscriptions).toBe(0)
  })

  test('ends with its signal', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()

    await expect(bridge.on('memory/updates', () => {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    })
  })

  test('that was granted once and is refused later is an event', async () => {
    const denied = new Set<string>()
    await using bench = await createDeviceBench({ denied })
    const bridge = await bench.device({ session: 'clean', sessionExpirySeconds: 0 })
    await bridge.on('memory/updates', () => {})
    const lost = untilEvent(bridge, 'subscriptionLost')

    denied.add(`subscribe ${UPDATES}`)
    await bridge.renew()

    expect(await lost).toMatchObject({ filter: UPDATES, error: { code: 'subscribe_refused' } })
  })
})
