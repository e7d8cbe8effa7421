// A process of its own, like Mosquitto beside it: the broker of the local runtime, letting everybody do everything, without the limits per
// connection that IoT Core has and Mosquitto has not.
import { readFileSync } from 'node:fs'
import { createBroker, createMemorySessionStore, NO_RATE_LIMITS } from '#local/broker/index.ts'

const [, , certFile, keyFile] = process.argv
if (certFile === undefined || keyFile === undefined) throw new Error('usage: local-broker CERT_FILE KEY_FILE')
const broker = createBroker<undefined>({
  authenticate: async ({ clientId }) => ({
    ok: true,
    principalId: clientId,
    session: undefined,
    disconnectAfterSeconds: 86_400,
  }),
  authorize: () => ({ allowed: true, reason: 'bench' }),
  onMessage: async () => {},
  store: createMemorySessionStore(),
  log: () => {},
  limits: NO_RATE_LIMITS,
})
const { port } = await broker.listen({ port: 0, tls: { cert: readFileSync(certFile), key: readFileSync(keyFile) } })
process.send?.(port)
process.once('disconnect', () => void broker.close().then(() => process.exit()))
