import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket, TlsOptions } from 'node:tls'
import { ApiError, readBody } from '../aws-api/index.ts'
import { type Broker, httpFacts } from '../broker/index.ts'
import { type Count, uncounted } from '../meter/index.ts'
import { countBody, publishActions, publishRequest } from './data-plane/index.ts'
import type { createPublishGate } from './gate/index.ts'
import type { RuntimeLog } from './log.ts'

const TOPIC_PATH = /^\/topics\/(.+)$/s
/** Payload of a message, as over MQTT. https://docs.aws.amazon.com/general/latest/gr/iot-core.html */
const MAX_BODY_BYTES = 128 * 1024

export interface HttpsPublishListener {
  readonly port: number
  close(): Promise<void>
}

/**
 * Opens a port for publishing by HTTPS with a custom authorizer: `POST /topics/<topic>`, the one thing that such a client may do.
 * Answers are those of https://docs.aws.amazon.com/iot/latest/developerguide/http.html and of the guide to custom authentication:
 * 200 and 403 with message and trace id. Who is refused is not told why; the log is.
 */
export async function openHttpsPublishListener(options: {
  port: number
  tls: Pick<TlsOptions, 'key' | 'cert' | 'SNICallback'>
  broker: Broker
  gate: ReturnType<typeof createPublishGate>
  arnPrefix: string
  log: RuntimeLog
  count?: Count
}): Promise<HttpsPublishListener> {
  const { broker, gate, arnPrefix, log, count = uncounted } = options

  async function publish(incoming: IncomingMessage, traceId: string): Promise<void> {
    const { pathname, query } = readTarget(incoming)
    const topic = decodeTopic(TOPIC_PATH.exec(pathname)?.[1])
    if (incoming.method !== 'POST') throw new ApiError('MethodNotAllowedException', 405, 'Method Not Allowed')
    const socket = incoming.socket as TLSSocket
    const remoteAddress = socket.remoteAddress ?? ''
    const serverName = typeof socket.servername === 'string' ? socket.servername : undefined
    const actions = publishActions({ query }, topic, arnPrefix)
    const verdict = await gate({ requestId: traceId, serverName, http: httpFacts(incoming), remoteAddress, actions })
    if (!verdict.ok) {
      log({ level: 'warn', event: 'https_publish_denied', topic, traceId, reason: verdict.reason })
      throw new ApiError('ForbiddenException', 403, 'Forbidden')
    }
    const body = await readBody(incoming, MAX_BODY_BYTES)
    countBody(count, 'HTTP request', body.length)
    const sender = { principalId: verdict.principalId, sourceAddress: remoteAddress }
    await publishRequest(broker, { query, headers: incoming.headers, body }, topic, sender)
    log({ level: 'debug', event: 'https_publish', topic, traceId, principalId: verdict.principalId })
  }

  function answerWith(incoming: IncomingMessage, outgoing: ServerResponse, status: number, body: object): void {
    countBody(count, 'HTTP response', answer(incoming, outgoing, status, body))
  }

  const server = createServer(
    { ...options.tls, minVersion: 'TLSv1.3', ALPNProtocols: ['http/1.1'] },
    (incoming, outgoing) => {
      const traceId = randomUUID()
      publish(incoming, traceId).then(
        () => answerWith(incoming, outgoing, 200, { message: 'OK', traceId }),
        (error: unknown) => {
          const known = error instanceof ApiError ? error : undefined
          if (!known) log({ level: 'error', event: 'https_publish_failed', traceId, error: String(error) })
          answerWith(incoming, outgoing, known?.statusCode ?? 500, {
            message: known?.message ?? 'Internal error',
            traceId,
          })
        },
      )
    },
  )
  server.on('tlsClientError', (error) =>
    log({ level: 'warn', event: 'tls_handshake_failed', listener: 'https', reason: error.message }),
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** Not parsed as a URL: that would resolve dot segments, which a topic may have. */
function readTarget({ url = '/' }: IncomingMessage): { pathname: string; query: URLSearchParams } {
  const [pathname = '/', ...query] = url.split('?')
  return { pathname, query: new URLSearchParams(query.join('?')) }
}

function decodeTopic(text: string | undefined): string {
  if (text === undefined) throw new ApiError('ResourceNotFoundException', 404, 'Not Found')
  try {
    return decodeURIComponent(text)
  } catch {
    throw new ApiError('InvalidRequestException', 400, 'expected a topic of percent-encoded UTF-8')
  }
}

/** Returns the bytes of the body. */
function answer(incoming: IncomingMessage, outgoing: ServerResponse, status: number, body: object): number {
  const text = JSON.stringify(body)
  outgoing.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    // what was not read of a refused body cannot be told apart from the next request
    ...(incoming.complete ? {} : { connection: 'close' }),
  })
  outgoing.end(text)
  return Buffer.byteLength(text)
}
