import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { parseArgs } from 'node:util'
import { type Answer, createApi } from './api.ts'

export interface Upstream extends AsyncDisposable {
  /** Base URL without a slash at its end. */
  url: string
  /** How many POST requests had an effect. */
  effects(): number
  close(): Promise<void>
}

const HOST = '127.0.0.1'
const MAX_BODY_BYTES = 64 * 1024
const DEFAULT_PORT = 8080

/** Starts the example API on 127.0.0.1; port 0 picks a free one. Rejects when the port is taken. */
export async function startUpstream({ port = 0 }: { port?: number } = {}): Promise<Upstream> {
  const api = createApi()
  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, body }) => {
        if (body === undefined) response.writeHead(status).end()
        else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      },
      () => response.destroy(),
    )
  })

  async function answer(request: IncomingMessage): Promise<Answer> {
    const text = await readText(request)
    if (text === undefined) return { status: 413, body: { error: `expected at most ${MAX_BODY_BYTES} bytes` } }
    const body = parseJson(text)
    if (body === undefined) return { status: 400, body: { error: 'expected JSON' } }
    return api.answer({
      method: request.method ?? 'GET',
      path: new URL(request.url ?? '/', `http://${HOST}`).pathname,
      body,
      idempotencyKey: request.headers['idempotency-key']?.toString(),
    })
  }

  server.listen(port, HOST)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const close = async () => {
    server.closeAllConnections()
    if (!server.listening) return
    server.close()
    await once(server, 'close')
  }
  return { url: `http://${HOST}:${address.port}`, effects: api.effects, close, [Symbol.asyncDispose]: close }
}

/** Undefined over the limit; the rest is read and thrown away, so that the sender gets its answer. */
async function readText(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  return bytes <= MAX_BODY_BYTES ? Buffer.concat(chunks).toString('utf8') : undefined
}

/** Null for an empty body, undefined for one that is not JSON. */
function parseJson(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text)
  } catch {
    return undefined
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { port: { type: 'string', default: String(DEFAULT_PORT) } } })
  const upstream = await startUpstream({ port: Number(values.port) })
  console.log(upstream.url)
  // started by another program: it must not outlive that one, however that one ends
  process.once('disconnect', () => process.exit())
}
