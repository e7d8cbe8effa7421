// A device that answers: commands that a page or a program sends to it, each once. Configured by the environment, see README.md.
// outside of this checkout: from 'mqtt-cloud-bridge/device'
import { configFromEnv, connect, jamey } from '#device/index.ts'

await using bridge = await connect(jamey, configFromEnv())
bridge.onState((state) => console.error(`state: ${state.status}`))

const startedAtMs = performance.now()
await bridge.respond('org/{organizationId}/device/{deviceId}/command/web', ({ deviceId, command, text }) => {
  console.error(`command: ${String(command)}`)
  switch (command) {
    case 'uptime':
      return { deviceId, status: 'success', seconds: Math.round((performance.now() - startedAtMs) / 1_000) }
    case 'echo':
      return { deviceId, status: 'success', echo: text }
    default:
      return { deviceId, status: 'error', error: `there is no command "${String(command)}"` }
  }
})
// what the cloud asks: by HTTP, by a workflow, or `npx bridge device request`
await bridge.respond('devices/{clientId}/requests', ({ method, path }) => {
  console.error(`request: ${method} ${path}`)
  if (path !== '/uptime') return { status: 404, body: { error: `there is no ${path}` } }
  return { status: 200, body: { seconds: Math.round((performance.now() - startedAtMs) / 1_000) } }
})
console.log('ready')

await new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
})
