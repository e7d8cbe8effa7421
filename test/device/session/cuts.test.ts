import { expect, test } from 'vitest'
import { createDeviceBench, until, untilState } from '../harness/device-bench.ts'

const MEMORY = { layer: 'semantic', created_at: '2026-11-20T12:00:00Z' } as const

test('100 broken connections under load lose nothing and have nothing handled twice', { timeout: 60_000 }, async () => {
  await using bench = await createDeviceBench()
  const bridge = await bench.device({ keepAliveSeconds: 0, reconnect: { minIntervalMs: 0, stableAfterMs: 0 } })
  const handled: string[] = []
  await bridge.on('memory/updates', ({ id }) => {
    handled.push(id)
  })
  const sent: string[] = []
  const received: string[] = []
  let isOver = false
  const publish = async () => {
    while (!isOver) {
      const status = { status: 'online', message: String(sent.length), component: 'load' } as const
      sent.push((await bridge.publish('events/status', status)).messageId)
    }
  }
  const publishing = Promise.all(Array.from({ length: 5 }, publish))
  const delivering = (async () => {
    while (!isOver) {
      const id = crypto.randomUUID()
      received.push(id)
      await bench.send('jamey/memory/updates', { ...MEMORY, id }, { messageId: id })
      await until(() => received.length - handled.length < 20)
    }
  })()

  for (let cut = 0; cut < 100; cut++) {
    const before = sent.length
    await until(() => sent.length > before + 5)
    bench.proxy.cut()
    await untilState(bridge, 'reconnecting')
    bench.clock.advance(1)
    await untilState(bridge, 'connected')
    bench.clock.advance(1)
  }
  isOver = true
  await Promise.all([publishing, delivering])
  await until(() => handled.length >= received.length)

  expect(handled.toSorted()).toEqual(received.toSorted())
  const taken = bench.texts('jamey/events/status').map((text) => JSON.parse(text).message_id as string)
  expect(new Set(taken)).toEqual(new Set(sent))
  const { connections, resent, duplicates, dropped } = bridge.metrics()
  expect({ connections, dropped }).toEqual({ connections: 101, dropped: 0 })
  // what was underway when the connection broke did come twice, and was seen
  expect(resent).toBeGreaterThan(0)
  expect(duplicates).toBeGreaterThan(0)
})
