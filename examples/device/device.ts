// A device: asks, reports and listens, and is still there after a lost network. Configured by the environment, see README.md.
import { parseArgs } from 'node:util'
// outside of this checkout: from 'mqtt-cloud-bridge/device'
import { configFromEnv, connect, isDeviceError, jamey, openQueueStore } from '#device/index.ts'

const { values: options } = parseArgs({
  options: {
    action: { type: 'string', default: 'Delete user data' },
    context: { type: 'string', default: 'User requested account deletion' },
    /** Keeps what was not sent over the end of the process. */
    queue: { type: 'string' },
    'heartbeat-seconds': { type: 'string', default: '30' },
    once: { type: 'boolean', default: false },
  },
})

const configuration = configFromEnv()
await using bridge = await connect(jamey, {
  ...configuration,
  ...(options.queue !== undefined && { queue: { store: openQueueStore(options.queue) } }),
})
bridge.onState((state) => console.error(`state: ${state.status}`))

await bridge.on('memory/updates', ({ id, layer }) => console.log(`a memory was made: ${id} (${layer})`))

try {
  const result = await bridge.request('conscience/evaluate', { action: options.action, context: options.context })
  console.log(`${result.approved ? 'approved' : 'refused'} (${result.moral_score}): ${result.explanation}`)
} catch (error) {
  if (!isDeviceError(error)) throw error
  console.error(`${error.code} (${error.classification}): ${error.message}`)
  process.exitCode = 1
}

if (!options.once) {
  const everyMs = Number(options['heartbeat-seconds']) * 1_000
  const startedAtMs = performance.now()
  const beat = () =>
    bridge.publish(
      'events/heartbeat',
      {
        client_id: bridge.clientId,
        timestamp: new Date().toISOString(),
        metrics: {
          uptime: Math.round((performance.now() - startedAtMs) / 1_000),
          memory_usage: process.memoryUsage.rss(),
        },
      },
      // what goes wrong is an event; the next heartbeat comes anyway
      { wait: false },
    )
  await beat()
  const timer = setInterval(() => void beat(), everyMs)
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  clearInterval(timer)
}
