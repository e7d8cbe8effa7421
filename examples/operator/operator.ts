// An operator's device: it is asked to decide on what the conscience does not approve, and a person answers at the terminal.
// Configured by the environment and the command line, see README.md.
import { parseArgs } from 'node:util'
// outside of this checkout: from 'mqtt-cloud-bridge/contract' and 'mqtt-cloud-bridge/device'
import { REVIEW_PATH, reviewCase } from '#contract/index.ts'
import { configFromEnv, connect, jamey } from '#device/index.ts'
import { type Decision, openDesk } from './desk.ts'

const HELP = `usage: operator [--approve | --reject] [--reason TEXT]

Decides on actions that wait for an operator. Without --approve and --reject each is shown, and a line decides:
  y [reason]   approve
  n [reason]   reject

  --approve    approve everything
  --reject     reject everything
  --reason     what is said with it
  --help       this text

Environment: MQTT_BROKER_URL, MQTT_TLS_CA_CERT, MQTT_CLIENT_ID, MQTT_JWT_SECRET, as in README.md.`

const { values } = readArguments()
if (values.help) {
  console.log(HELP)
  process.exit(0)
}

const ending = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort())

const always: Decision | undefined =
  values.approve || values.reject ? { approved: values.approve === true, reason: values.reason ?? null } : undefined
using desk = openDesk({ always, signal: ending.signal })
await using bridge = await connect(jamey, configFromEnv())
bridge.onState((state) => console.error(`state: ${state.status}`))

await bridge.respond('devices/{clientId}/requests', async ({ method, path, body }) => {
  if (method !== 'POST' || path !== REVIEW_PATH) return { status: 404, headers: {}, body: null }
  const asked = reviewCase.safeParse(body)
  if (!asked.success) return { status: 400, headers: {}, body: null }
  const decision = await desk.decide(asked.data)
  return { status: 200, headers: { 'content-type': 'application/json' }, body: { ...decision } }
})
console.log('ready')

if (!ending.signal.aborted) {
  await new Promise<void>((resolve) => ending.signal.addEventListener('abort', () => resolve(), { once: true }))
}

function readArguments() {
  try {
    const options = {
      approve: { type: 'boolean' },
      reject: { type: 'boolean' },
      reason: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    } as const
    const parsed = parseArgs({ options })
    if (parsed.values.approve && parsed.values.reject) throw new TypeError('expected --approve or --reject, got both')
    return parsed
  } catch (error) {
    console.error(`usage: ${(error as Error).message}\n\n${HELP}`)
    process.exit(2)
  }
}
