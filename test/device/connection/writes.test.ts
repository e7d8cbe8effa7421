import { expect, test } from 'vitest'
import { connect, jamey } from '#device/index.ts'
import { createDeviceBench, type DeviceBench, until } from '../harness/device-bench.ts'
import { createPacketServer } from '../harness/packet-server.ts'

const EVALUATION = { action: 'help', moral_score: 0.5, explanation: 'why', applied_rules: [], approved: true }
const UPDATES = 'jamey/memory/updates'

async function answer({ payload }: { payload: Buffer }, { send }: DeviceBench) {
  const { metadata } = JSON.parse(payload.toString())
  if (!metadata.reply_to) return
  await send(metadata.reply_to, EVALUATION, { metadata: { correlation_id: metadata.correlation_id, status: 'ok' } })
}

test('the acknowledgement of a reply goes out in one write with the request that follows it', async () => {
  await using bench = await createDeviceBench({ answer })
  const bridge = await bench.device()
  await bridge.request('conscience/evaluate', { action: 'help', context: '' })
  await bridge.ping()
  const before = bench.proxy.chunkBytes.length

  for (let request = 0; request < 10; request++)
    await bridge.request('conscience/evaluate', { action: 'help', context: '' })
  await bridge.ping()

  // ten requests, the last acknowledgement, and the ping
  expect(bench.proxy.chunkBytes.length - before).toBeLessThanOrEqual(12)
})

test('what was handled is acknowledged before the DISCONNECT of a close in the same turn', async () => {
  await using server = await createPacketServer()
  const bridge = await connect(jamey, { url: server.url, clientId: 'd' })
  const closed = Promise.withResolvers<void>()
  await bridge.on('memory/updates', () => closed.resolve(bridge.close({ wait: false })))
  const update = { id: crypto.randomUUID(), layer: 'semantic', created_at: '2026-11-20T12:00:00Z' }
  const message = {
    message_id: crypto.randomUUID(),
    timestamp: '2026-11-20T12:00:00Z',
    topic: UPDATES,
    payload: update,
  }

  server.last().send({
    cmd: 'publish',
    topic: UPDATES,
    qos: 1,
    dup: false,
    retain: false,
    messageId: 9,
    payload: JSON.stringify(message),
  })
  await closed.promise
  await until(() => server.received('disconnect').length === 1)

  expect(server.received('puback')).toMatchObject([{ messageId: 9 }])
})
