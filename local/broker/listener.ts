import type { Socket } from 'node:net'
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls'
import type { LogEntry } from './options.ts'

export type ListenOptions = {
  /** 0: any free port. */
  port: number
  /** Default: 127.0.0.1. */
  host?: string
  tls: Pick<TlsOptions, 'key' | 'cert' | 'ca' | 'SNICallback'>
}

/** An open port. */
export type Listener = {
  readonly port: number
  /** Takes no more connections; those that are open stay. */
  stop(): void
  /** Stops, and drops what is left: after the MQTT connections have ended, sockets that never finished their handshake. */
  close(): Promise<void>
}

type ListenerOptions = {
  handshakeTimeoutMs: number
  log: (entry: LogEntry) => void
  onConnection: (socket: TLSSocket, facts: { remoteAddress: string; serverName?: string }) => void
}

/**
 * Opens a port for MQTT over TLS 1.3 and nothing older, like the security policy IoTSecurityPolicy_TLS13_1_3_2022_10.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-endpoints-tls-config.html
 */
export async function openListener(
  { port, host = '127.0.0.1', tls }: ListenOptions,
  { handshakeTimeoutMs, log, onConnection }: ListenerOptions,
): Promise<Listener> {
  const server = createServer({
    ...tls,
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['mqtt'],
    handshakeTimeout: handshakeTimeoutMs,
    // Small packets go out at once: with Nagle's algorithm a QoS 1 request and its reply took 88 ms on loopback.
    noDelay: true,
  })
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('secureConnection', (socket) => {
    const serverName = typeof socket.servername === 'string' ? { serverName: socket.servername } : {}
    onConnection(socket, { remoteAddress: socket.remoteAddress ?? '', ...serverName })
  })
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    const facts = { remoteAddress: socket.remoteAddress ?? '', code: error.code ?? '', reason: error.message }
    log({ level: 'warn', event: 'tls_handshake_failed', ...facts })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  server.on('error', (error) => log({ level: 'error', event: 'listener_failed', reason: error.message }))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the listener has no TCP port')
  let closed: Promise<void> | undefined
  const stop = () => {
    closed ??= new Promise((resolve) => server.close(() => resolve()))
    return closed
  }
  return {
    port: address.port,
    stop: () => void stop(),
    async close() {
      for (const socket of sockets) socket.destroy()
      await stop()
    },
  }
}
