import { afterAll, beforeAll, expect, test } from 'vitest'
import { createBreakingProxy } from '../device/harness/breaking-proxy.ts'
import { type Bridge, startBridge } from '../e2e/harness/index.ts'
import { deviceEnvironment, runExample } from './run-example.ts'

const FILE = 'examples/device/device.ts'
const CLIENT_ID = 'jamey-instance-1'
let bridge: Bridge
beforeAll(async () => {
  bridge = await startBridge()
})
afterAll(() => bridge[Symbol.asyncDispose]())

test('asks, prints the answer and ends', async () => {
  await using device = runExample(FILE, ['--once'], await deviceEnvironment(bridge, CLIENT_ID))

  expect(await device.exitCode).toBe(0)
  expect(device.out.all).toEqual([expect.stringMatching(/^approved \(0\.25\): Approved: /)])
})

test('reports and listens until it is stopped, also after a lost connection', async () => {
  const port = Number(new URL(bridge.runtime.mqttUrl).port)
  await using proxy = await createBreakingProxy(() => port)
  await using watcher = await bridge.connect({ clientId: 'jamey-instance-2', subscribe: ['jamey/events/heartbeat'] })
  const env = await deviceEnvironment(bridge, CLIENT_ID, `mqtts://localhost:${proxy.port}`)
  await using device = runExample(FILE, ['--heartbeat-seconds', '0.2'], env)
  await watcher.messages.take('heartbeat', ({ text }) => text.includes(CLIENT_ID))

  proxy.cut()
  await device.err.take('state', (line) => line === 'state: reconnecting')
  await device.err.take('state', (line) => line === 'state: connected')
  await watcher.send('jamey/memory/store', { layer: 'working', content: 'noticed', tags: [] })
  await device.out.take('update', (line) => /^a memory was made: .+ \(working\)$/.test(line))
  const before = watcher.messages.all.length
  await watcher.messages.take('heartbeat', () => watcher.messages.all.length > before)

  device.stop('SIGTERM')
  expect(await device.exitCode).toBe(0)
})

test('names everything that is wrong with its environment', async () => {
  await using device = runExample(FILE, ['--once'], { MQTT_PORT: 'x', MQTT_TLS_CA_CERT: '/no/such/file' })

  expect(await device.exitCode).toBe(1)
  const said = device.err.all.join('\n')
  for (const name of ['MQTT_JWT_SECRET', 'MQTT_PORT', 'MQTT_TLS_CA_CERT']) expect(said).toContain(name)
})
