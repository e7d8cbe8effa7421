import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls'
import type { LogEntry } from '../options.ts'
import type { ConnectionFacts, TransportFacts } from './transport-facts.ts'

export type ListenOptions = {
  /** 0: any free port. */
  port: number
  /** Default: 127.0.0.1. */
  host?: string
  tls: Pick<TlsOptions, 'key' | 'cert' | 'ca' | 'SNICallback'>
  /** Told as `listener` of each connection. */
  name?: string
  /** MQTT in WebSocket frames instead of on the connection itself. */
  websocket?: boolean
  /**
   * Given: clients must prove to hold a certificate, which is shown to this function as PEM. What it returns is why the certificate opens
   * nothing; undefined lets the client go on. No authority is asked before: a registered certificate may have any.
   */
  checkCertificate?(pem: string): string | undefined
}

/** An open port. */
export type Listener = {
  readonly port: number
  /** Takes no more connections; those that are open stay. */
  stop(): void
  /** Stops, and drops what is left: after the MQTT connections have ended, sockets that never finished their handshake. */
  close(): Promise<void>
}

export type ListenerOptions = {
  handshakeTimeoutMs: number
  log: (entry: LogEntry) => void
  onConnection: (socket: Duplex, facts: ConnectionFacts) => void
}

/** Names of the protocol in the TLS handshake; the second is for clients with a certificate. https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html */
const ALPN = { mqtt: 'mqtt', certificate: 'x-amzn-mqtt-ca' } as const

/**
 * Opens a port for MQTT over TLS 1.3 and nothing older, like the security policy IoTSecurityPolicy_TLS13_1_3_2022_10.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-endpoints-tls-config.html
 */
export async function openListener(
  { port, host = '127.0.0.1', tls, name, checkCertificate }: ListenOptions,
  { handshakeTimeoutMs, log, onConnection }: ListenerOptions,
): Promise<Listener> {
  const server = createServer({
    ...tls,
    minVersion: 'TLSv1.3',
    ALPNProtocols: checkCertificate ? [ALPN.mqtt, ALPN.certificate] : [ALPN.mqtt],
    handshakeTimeout: handshakeTimeoutMs,
    // Small packets go out at once: with Nagle's algorithm a QoS 1 request and its reply took 88 ms on loopback.
    noDelay: true,
    ...(checkCertificate && { requestCert: true, rejectUnauthorized: false }),
  })
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('secureConnection', (socket) => {
    const facts = transportFacts(socket, name)
    if (!checkCertificate) {
      onConnection(socket, facts)
      return
    }
    const clientCertificatePem = socket.getPeerX509Certificate()?.toString()
    const problem =
      clientCertificatePem === undefined ? 'the client has no certificate' : checkCertificate(clientCertificatePem)
    if (clientCertificatePem !== undefined && problem === undefined) {
      onConnection(socket, { ...facts, clientCertificatePem })
      return
    }
    log({ level: 'warn', event: 'client_certificate_refused', remoteAddress: facts.remoteAddress, reason: problem })
    socket.on('error', () => {})
    socket.destroy()
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

/** What a TLS connection tells of itself. */
export function transportFacts(socket: TLSSocket, listener: string | undefined): TransportFacts {
  const { remoteAddress = '', remotePort, localAddress, localPort, servername } = socket
  return {
    remoteAddress,
    ...(remotePort !== undefined && { remotePort }),
    ...(localAddress !== undefined && { localAddress }),
    ...(localPort !== undefined && { localPort }),
    ...(typeof servername === 'string' && { serverName: servername }),
    ...(listener !== undefined && { listener }),
  }
}
