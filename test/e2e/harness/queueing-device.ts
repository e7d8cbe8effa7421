// A device in a process of its own, to be killed: puts so many messages into its durable queue, and sends what is in it.
import { once } from 'node:events'
import { connect, jamey, openQueueStore } from '#device/index.ts'

/** What the test gives it, as JSON in the first argument. */
export interface QueueingDevice {
  url: string
  caFile: string
  clientId: string
  token: string
  queueFile: string
  /** The number of the first message, and how many there are. */
  first: number
  count: number
}

const [, , settings = ''] = process.argv
const { url, caFile: ca, clientId, token, queueFile, first, count } = JSON.parse(settings) as QueueingDevice
const bridge = await connect(jamey, {
  url,
  ca,
  clientId,
  token,
  queue: { store: openQueueStore(queueFile) },
  startOffline: true,
})
for (let number = first; number < first + count; number++) {
  const status = { status: 'online', component: clientId, message: String(number) } as const
  await bridge.publish('events/status', status, { wait: false })
}
console.log('queued')
process.stdin.resume()
await once(process.stdin, 'end')
while (bridge.state.status !== 'connected') {
  await new Promise<void>((resolve) => void bridge.onState(() => resolve()))
}
await bridge.close({ timeoutMs: Number.POSITIVE_INFINITY })
