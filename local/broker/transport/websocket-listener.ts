import { type IncomingMessage, STATUS_CODES } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { WebSocketServer } from 'ws'
import { httpFacts } from './http-facts.ts'
import { type Listener, type ListenerOptions, type ListenOptions, transportFacts } from './listener.ts'
import { websocketDuplex } from './websocket-duplex.ts'

/** https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html#mqtt-ws */
const PATH = '/mqtt'
const SUBPROTOCOL = 'mqtt'
/** https://docs.aws.amazon.com/general/latest/gr/iot-core.html: WebSocket connection duration. */
const LIFETIME_MS = 24 * 60 * 60 * 1_000
/** Our own: a token of 6,144 characters and its signature fit into what a client may send before it is known. */
const MAX_HEADER_BYTES = 16 * 1024
/** Our own: a frame may hold several packets. */
const MAX_FRAME_BYTES = 1024 * 1024

/**
 * Opens a port for MQTT over WebSockets over TLS 1.3, at `/mqtt` with the sub-protocol `mqtt`. The origin of a page is not checked:
 * what opens the door is a token, which no browser adds by itself.
 */
export async function openWebSocketListener(
  { port, host = '127.0.0.1', tls, name }: ListenOptions,
  { handshakeTimeoutMs, log, onConnection }: ListenerOptions,
): Promise<Listener> {
  const server = createServer(
    {
      key: tls.key,
      cert: tls.cert,
      ...(tls.SNICallback && { SNICallback: tls.SNICallback }),
      minVersion: 'TLSv1.3',
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: handshakeTimeoutMs,
      headersTimeout: handshakeTimeoutMs,
      maxHeaderSize: MAX_HEADER_BYTES,
      noDelay: true,
    },
    (_, response) => {
      response.writeHead(426, { upgrade: 'websocket', connection: 'close' }).end()
    },
  )
  const sockets = new Set<Duplex>()
  server.on('connection', (socket: Duplex) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const upgrades = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    handleProtocols: () => SUBPROTOCOL,
  })
  const refused = (request: IncomingMessage, socket: Duplex, status: number) => {
    const remoteAddress = request.socket.remoteAddress ?? ''
    log({ level: 'warn', event: 'websocket_refused', remoteAddress, status })
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
  }
  upgrades.on('wsClientError', (_, socket, request) => refused(request, socket, 400))

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => {})
    if (request.url?.split('?')[0] !== PATH) return refused(request, socket, 404)
    if (!subprotocols(request).includes(SUBPROTOCOL)) return refused(request, socket, 400)
    upgrades.handleUpgrade(request, socket, head, (websocket) => {
      const { duplex, saidGoodbye } = websocketDuplex(websocket)
      onConnection(duplex, {
        ...transportFacts(request.socket as TLSSocket, name),
        http: httpFacts(request),
        saidGoodbye,
        maxLifetimeMs: LIFETIME_MS,
      })
    })
  })
  server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    log({ level: 'warn', event: 'tls_handshake_failed', code: error.code ?? '', reason: error.message })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  server.on('error', (error) => log({ level: 'error', event: 'listener_failed', reason: error.message }))
  let closed: Promise<void> | undefined
  const stop = () => {
    closed ??= new Promise((resolve) => server.close(() => resolve()))
    return closed
  }
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => void stop(),
    async close() {
      for (const socket of sockets) socket.destroy()
      await stop()
    },
  }
}

function subprotocols({ headers }: IncomingMessage): string[] {
  return (headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim())
}
