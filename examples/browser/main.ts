// `node examples/browser/main.ts`, beside `npm start`: prints the address of the page.
import { parseArgs } from 'node:util'
import { ALL_PERMISSIONS, issueToken } from '../../cli/issue-token.ts'
import { openTarget } from '../../cli/target.ts'
import { startPage } from './server.ts'

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' },
    'client-id': { type: 'string', default: 'jamey-instance-2' },
    state: { type: 'string', default: '.bridge' },
  },
})
const clientId = options['client-id']
const target = openTarget({ state: options.state })
const mqttUrl = target.localEndpoints?.wss
if (mqttUrl === undefined) throw new Error('the running bridge has no WebSocket endpoint')

await using page = await startPage({
  port: Number(options.port),
  mqttUrl,
  clientId,
  issueToken: async () => issueToken(await target.issuerKey(), { clientId, permissions: ALL_PERMISSIONS }),
})
console.log(page.url)
await new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
})
