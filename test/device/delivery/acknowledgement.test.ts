import { describe, expect, test } from 'vitest'
import { connect, jamey } from '#device/index.ts'
import { createDeviceBench, until } from '../harness/device-bench.ts'
import { createPacketServer } from '../harness/packet-server.ts'

const uuid = () => crypto.randomUUID()
const update = (id: string = uuid()) => ({ id, layer: 'semantic', created_at: '2026-11-20T12:00:00Z' }) as const
const _status = (message: string) => ({ status: 'online', message, component: 'test' })
const UPDATES = 'jamey/memory/updates'

describe('messages are handled once', () => {
  test('the last 1,000 ids are known, or as many as the options say', async () => {
    await using bench = await createDeviceBench()
    const few = await bench.device({ clientId: 'few', deduplicate: 2 })
    const none = await bench.device({ clientId: 'none', deduplicate: 0 })
    const handled = { few: 0, none: 0 }
    await few.on('memory/updates', () => handled.few++)
    await none.on('memory/updates', () => handled.none++)
    const [a, b, c] = [uuid(), uuid(), uuid()]

    for (const messageId of [a, a, b, a, c, a]) await bench.send(UPDATES, update(), { messageId })
    await until(() => few.metrics().received === 6 && none.metrics().received === 6)

    // the id that was seen first gives way: `a` is new again after `b` and `c`
    expect(handled).toEqual({ few: 4, none: 6 })
    expect(few.metrics().duplicates).toBe(2)
  })

  test('1,000 of them by default', async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    let handled = 0
    await bridge.on('memory/updates', () => handled++)
    const ids = Array.from({ length: 1_001 }, uuid)

    for (const messageId of [...ids, ids[1], ids[0]])
      await bench.send(UPDATES, update(), { messageId: messageId ?? '' })
    await until(() => bridge.metrics().received === 1_003)

    expect(handled).toBe(1_002)
    expect(bridge.metrics().duplicates).toBe(1)
  })
})

describe('acknowledgement', () => {
  const publishTo = (server: { last(): { send(packet: never): void } }, messageId: number, id = uuid()) =>
    server.last().send({
      cmd: 'publish',
      topic: UPDATES,
      qos: 1,
      dup: false,
      retain: false,
      messageId,
      payload: JSON.stringify({
        message_id: id,
        timestamp: '2026-11-20T12:00:00Z',
        topic: UPDATES,
        payload: update(),
        metadata: {},
      }),
    } as never)

  test('comes on receipt, however long the handler takes', async () => {
    await using server = await createPacketServer()
    await using bridge = await connect(jamey, { url: server.url, clientId: 'd' })
    await bridge.on('memory/updates', () => new Promise(() => {}))

    publishTo(server, 7)
    await until(() => server.received('puback').length === 1)

    expect(server.received('puback')).toMatchObject([{ messageId: 7, reasonCode: 0 }])
  })

  test('comes after the handler by choice, not at all when it fails, and others do not wait for it', async () => {
    await using server = await createPacketServer()
    await using bridge = await connect(jamey, { url: server.url, clientId: 'd' })
    const gate = Promise.withResolvers<void>()
    let calls = 0
    await bridge.on(
      'memory/updates',
      async () => {
        calls += 1
        const call = calls
        if (call === 1) await gate.promise
        if (call === 3) throw new Error('no')
      },
      { acknowledge: 'afterHandler', concurrency: 2 },
    )

    publishTo(server, 1)
    publishTo(server, 2)
    await until(() => server.received('puback').length === 1)
    expect(server.received('puback').map(({ messageId }) => messageId)).toEqual([2])
    publishTo(server, 3)
    await until(() => calls === 3)
    gate.resolve()
    await until(() => server.received('puback').length === 2)
    await bridge.ping()

    expect(server.received('puback').map(({ messageId }) => messageId)).toEqual([2, 1])
  })

  test("is the handler's own by choice, and what was not acknowledged comes again and is handled again", async () => {
    await using bench = await createDeviceBench()
    const bridge = await bench.device()
    const messages: { messageId: string | undefined; acknowledge(): void }[] = []
    await bridge.on('memory/updates', (_, message) => messages.push(message), { acknowledge: 'manual' })
    const kept = await bench.send(UPDATES, update())
    const taken = await bench.send(UPDATES, update())
    await until(() => messages.length === 2)

    messages[1]?.acknowledge()
    messages[1]?.acknowledge()
    await bridge.ping()
    await bridge.renew()
    await until(() => bridge.metrics().duplicates === 1)
    messages[0]?.acknowledge()
    await bridge.ping()
    await bridge.renew()
    await bridge.ping()

    expect(messages.map(({ messageId }) => messageId)).toEqual([kept, taken])
    expect(bridge.metrics()).toMatchObject({ received: 3, duplicates: 1 })
  })

  test('waits for all handlers that want it', async () => {
    await using server = await createPacketServer()
    await using bridge = await connect(jamey, { url: server.url, clientId: 'd' })
    const acknowledges: (() => void)[] = []
    for (let index = 0; index < 2; index++) {
      await bridge.on('memory/updates', (_, { acknowledge }) => acknowledges.push(acknowledge), {
        acknowledge: 'manual',
      })
    }
    await bridge.on('memory/updates', () => {})

    publishTo(server, 4)
    await until(() => acknowledges.length === 2)
    acknowledges[0]?.()
    await bridge.ping()
    expect(server.received('puback')).toEqual([])
    acknowledges[1]?.()
    await until(() => server.received('puback').length === 1)

    expect(server.received('puback')).toMatchObject([{ messageId: 4 }])
  })
})
