import * as z from 'zod'
import { connect, defineContract } from '#device/index.ts'
import type { Contestant } from './contestant.ts'

const text = z.object({ text: z.string().max(1_000), at: z.iso.datetime() })
/** The reply is the request's own bytes, so it has the same shape. */
const contract = defineContract({
  root: 'bench',
  topics: {
    echo: { direction: 'toCloud', qos: 1, payload: text, reply: { payload: text } },
    sink: { direction: 'toCloud', qos: 1, payload: text },
    'responses/{clientId}': { direction: 'toDevice', qos: 1, payload: text },
  },
})
/** With the envelope around it about as long as what the others send. */
const PAYLOAD = { text: 'x'.repeat(24), at: '2026-11-21T12:00:00Z' }

/** With envelope, validation of what is sent and received, and correlation. Its throttle at the service's limits is off: the others have none. */
export const ours: Contestant = {
  name: 'ours',
  async connect({ port, ca }, clientId) {
    const bridge = await connect(contract, {
      url: `mqtts://localhost:${port}`,
      clientId,
      ca,
      session: 'clean',
      limits: false,
      timeouts: 'local',
    })
    return {
      async ask() {
        await bridge.request('echo', PAYLOAD)
      },
      async publish() {
        await bridge.publish('sink', PAYLOAD)
      },
      close: () => bridge.close(),
    }
  },
}
