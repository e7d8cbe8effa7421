import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isForLoopback } from '../aws-api/index.ts'
import type { RuntimeLog } from '../iot/index.ts'
import { type GatewayAnswer, REFUSALS } from './answer.ts'
import type { Gateway } from './gateway.ts'

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MAX_BODY_BYTES = 10 * 1024 * 1024
const CLOSE_GRACE_MS = 1_000

export interface HttpApiServer extends AsyncDisposable {
  /** `http://127.0.0.1:4600`; an API is one level below. */
  readonly url: string
  close(): Promise<void>
}

/** Serves all HTTP APIs on one port of 127.0.0.1; 0 takes any free one. Rejects when the port is taken. */
export async function openHttpApiServer(options: {
  gateway: Gateway
  port: number
  log: RuntimeLog
}): Promise<HttpApiServer> {
  const { gateway, log } = options

  async function answer(incoming: IncomingMessage, requestId: string): Promise<GatewayAnswer> {
    if (!isForLoopback(incoming.headers)) return REFUSALS.forbidden
    const [path = '/', ...query] = (incoming.url ?? '/').split('?')
    const rawQuery = query.join('?')
    const body = await readBody(incoming)
    if (!body) return REFUSALS.tooLarge
    return gateway({
      method: incoming.method ?? 'GET',
      path,
      rawQuery,
      query: new URLSearchParams(rawQuery),
      headers: incoming.headers,
      body,
      sourceIp: incoming.socket.remoteAddress ?? '127.0.0.1',
      requestId,
    })
  }

  const server = createServer((incoming, outgoing) => {
    const requestId = randomUUID()
    void answer(incoming, requestId)
      .catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error)
        if (incoming.errored === null) log({ level: 'error', event: 'http_api_failure', requestId, message })
        return REFUSALS.failed
      })
      .then((answered) => send(incoming, outgoing, answered, requestId))
  })
  server.listen({ host: '127.0.0.1', port: options.port })
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve)
    server.once('error', reject)
  })
  const { port } = server.address() as AddressInfo

  let closing: Promise<void> | undefined
  function close(): Promise<void> {
    closing ??= new Promise((resolve) => {
      const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS)
      server.close(() => {
        clearTimeout(cut)
        resolve()
      })
      server.closeIdleConnections()
    })
    return closing
  }
  return { url: `http://127.0.0.1:${port}`, close, [Symbol.asyncDispose]: close }
}

/** Undefined as soon as it is too large. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(incoming.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return undefined
  const chunks: Buffer[] = []
  let size = 0
  // left early, the iterator must not destroy the socket that the refusal goes out on
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

function send(incoming: IncomingMessage, outgoing: ServerResponse, answer: GatewayAnswer, requestId: string): void {
  const { status, headers, cookies, body } = answer
  outgoing.writeHead(status, {
    'apigw-requestid': requestId,
    ...headers,
    ...(cookies.length > 0 && { 'set-cookie': [...cookies] }),
    'content-length': body.byteLength,
    // what was not read of a refused body cannot be told apart from the next request
    ...(incoming.complete ? {} : { connection: 'close' }),
  })
  outgoing.end(body)
}
