import { createServer, type Socket } from 'node:net'
import { createBroker, createMemorySessionStore, NO_RATE_LIMITS } from '#local/broker/index.ts'

/** The suite takes this filter for one that is refused. */
const REFUSED_FILTER = 'test/nosubscribe'

/**
 * The broker of the local runtime behind a port without TLS and without authentication, which the suite expects and the runtime itself
 * never has. On loopback.
 */
export async function startPlainBroker(): Promise<AsyncDisposable & { port: number }> {
  const broker = createBroker<undefined>({
    authenticate: async ({ clientId }) => ({
      ok: true,
      principalId: clientId,
      session: undefined,
      disconnectAfterSeconds: 86_400,
    }),
    authorize: ({ action, name }) => ({ allowed: action !== 'subscribe' || name !== REFUSED_FILTER, reason: 'suite' }),
    onMessage: async () => {},
    store: createMemorySessionStore(),
    log: () => {},
    // the suite connects and publishes as fast as it can
    limits: NO_RATE_LIMITS,
    // it wants a SUBACK for what is refused
    choices: { deniedSubscribeV4: 'suback' },
  })
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)))
    broker.acceptConnection(socket, { remoteAddress: socket.remoteAddress ?? '' })
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the listener has no port')
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      await broker.close()
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
