import { expect, test } from 'vitest'
import { createDeviceBench, until } from '../harness/device-bench.ts'

const update = (id: string = crypto.randomUUID()) =>
  ({ id, layer: 'semantic', created_at: '2026-11-20T12:00:00Z' }) as const
const UPDATES = 'jamey/memory/updates'

test('a loop gets the messages one by one, in order, and leaving it ends the subscription', async () => {
  await using bench = await createDeviceBench()
  const bridge = await bench.device()
  const stream = bridge.on('memory/updates')
  await stream.ready
  const ids = Array.from({ length: 5 }, () => crypto.randomUUID())
  for (const id of ids) await bench.send(UPDATES, update(id))

  const seen: string[] = []
  for await (const { payload, message } of stream) {
    expect(message.topic).toBe(UPDATES)
    seen.push(payload.id)
    if (seen.length === 4) break
  }

  expect(seen).toEqual(ids.slice(0, 4))
  expect(bridge.metrics().subscriptions).toBe(0)
  expect(await stream.next()).toEqual({ value: undefined, done: true })
})

test('a loop that waits gets what comes, and the end of the bridge ends it', async () => {
  await using bench = await createDeviceBench()
  const bridge = await bench.device()
  const seen: string[] = []
  const loop = (async () => {
    for await (const { payload } of bridge.on('memory/updates')) seen.push(payload.id)
    return 'over'
  })()
  await until(() => bridge.metrics().subscriptions === 1)
  await bridge.ping()

  await bench.send(UPDATES, update())
  await until(() => seen.length === 1)
  await bridge.close()

  expect(await loop).toBe('over')
})

test('a loop ends with its signal, and with `await using`', async () => {
  await using bench = await createDeviceBench()
  const bridge = await bench.device()
  const controller = new AbortController()
  const stream = bridge.on('memory/updates', { signal: controller.signal })
  await stream.ready
  const next = stream.next()

  controller.abort()
  expect(await next).toEqual({ value: undefined, done: true })
  {
    await using other = bridge.on('events/status')
    await other.ready
    expect(bridge.metrics().subscriptions).toBe(2)
  }
  await stream[Symbol.asyncDispose]()

  expect(bridge.metrics().subscriptions).toBe(0)
})

test('a refused subscription is thrown in the loop', async () => {
  await using bench = await createDeviceBench({ denied: new Set([`subscribe ${UPDATES}`]) })
  const bridge = await bench.device()

  const loop = (async () => {
    for await (const _ of bridge.on('memory/updates')) expect.unreachable()
  })()

  await expect(loop).rejects.toMatchObject({ code: 'subscribe_refused' })
})

test('a message is done when the loop has taken it: what it does not take stays with the broker', async () => {
  await using bench = await createDeviceBench()
  const bridge = await bench.device({ receiveMaximum: 2 })
  const stream = bridge.on('memory/updates', { acknowledge: 'afterHandler' })
  await stream.ready
  for (let index = 0; index < 5; index++) await bench.send(UPDATES, update())
  await until(() => bridge.metrics().received === 2)
  await bridge.ping()
  expect(bridge.metrics().received).toBe(2)

  for (let index = 0; index < 5; index++) await stream.next()

  expect(bridge.metrics().received).toBe(5)
})
