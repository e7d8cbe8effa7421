import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { accept, startCallbackReceiver } from './harness/callback-receiver.ts'
import { BASE, call, createEdgeBench, until } from './harness/edge-bench.ts'

const TOPIC = `${BASE}/command`

test('a service that ends waits for the callbacks under way, and they are not made again', async () => {
  await using bench = await createEdgeBench()
  await using receiver = await startCallbackReceiver()
  const edge = await bench.start()
  const open: ServerResponse[] = []
  receiver.behave((_, response) => void open.push(response))
  await edge.subscribe({ kind: 'topic', filter: TOPIC, callbackUrl: receiver.url })
  for (const n of [1, 2]) await bench.send(TOPIC, { n })
  await receiver.untilReceived(1)

  let isClosed = false
  const closing = edge.close().then(() => {
    isClosed = true
  })
  // it is past its HTTP port
  await until(() => bench.test.broker !== undefined && open.length === 1)
  await expect(async () => {
    while (true) await call(edge, '/health')
  }).rejects.toThrow()
  expect(isClosed).toBe(false)
  for (const response of open) accept(response)
  await closing
  receiver.behave((_, response) => accept(response))
  await bench.start()
  await receiver.untilAccepted(2)

  expect(receiver.received.map(({ body }) => body.payload.n)).toEqual([1, 2])
})

test('a receiver that hangs does not keep the service from ending, and gets the message again', async () => {
  await using bench = await createEdgeBench()
  await using receiver = await startCallbackReceiver()
  const edge = await bench.start({ environment: { EDGE_SHUTDOWN_MS: '50' } })
  receiver.behave(() => {})
  await edge.subscribe({ kind: 'topic', filter: TOPIC, callbackUrl: receiver.url })
  await bench.send(TOPIC, { n: 1 })
  await receiver.untilReceived(1)
  await edge.close()

  receiver.behave((_, response) => accept(response))
  await bench.start()
  await receiver.untilAccepted(1)
  expect(receiver.accepted.map(({ payload }) => payload.n)).toEqual([1])
})

test('a call that is being answered is answered, and nothing new begins', async () => {
  const confirmed = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  await using bench = await createEdgeBench({
    onMessage: () => {
      asked.resolve()
      return confirmed.promise
    },
  })
  const edge = await bench.start({ settings: { answerWithinMs: 20_000 } })
  const publishing = call(edge, '/publish', { topic: `${BASE}/response`, payload: {} })
  await asked.promise
  const closing = edge.close()
  await expect(call(edge, '/health')).rejects.toThrow()
  confirmed.resolve()
  await closing

  const { status, body } = await publishing
  expect([status, body.status]).toEqual([200, 'success'])
  expect(body.pending).toBeUndefined()
})
