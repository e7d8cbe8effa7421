import { randomBytes } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { errorCode } from '../command-error.ts'
import type { Calls } from './calls.ts'
import type { Feed } from './feed.ts'
import { hasToken, isOwn, PAGE_HEADERS } from './gate.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}
const MAX_BODY_BYTES = 1024 * 1024
const TOKEN_BYTES = 24

export interface ConsoleServer extends AsyncDisposable {
  /** With the token, as the fragment: it is sent to nobody and stands in no log. */
  readonly url: string
  close(): Promise<void>
}

/**
 * Serves the page and what it asks, on loopback alone. Rejects when the port is taken. Every call needs the token of the address; there are no
 * cookies, so no other page can call in its name.
 */
export async function startConsoleServer(options: {
  port: number
  pageFolder: string
  calls: Calls
  feed: Feed
}): Promise<ConsoleServer> {
  const { pageFolder, calls, feed } = options
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  const streams = new Set<ServerResponse>()

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { port } = server.address() as AddressInfo
    if (!isOwn(request, port)) {
      end(response, 403, { message: 'the console answers its own page alone' })
      return
    }
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    if (!pathname.startsWith('/api/')) {
      sendFile(request, response, pathname)
      return
    }
    if (!hasToken(request, token)) {
      end(response, 401, { message: 'open the address that "npm start" printed' })
      return
    }
    if (pathname === '/api/feed') {
      stream(response)
      return
    }
    const call = calls[`${request.method} ${pathname.slice('/api'.length)}`]
    if (!call) {
      end(response, 404, { message: 'there is no such call' })
      return
    }
    try {
      const body = request.method === 'POST' ? JSON.parse(await readText(request)) : undefined
      end(response, 200, (await call({ query: searchParams, body })) ?? null)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      end(response, 400, { code: errorCode(error), message })
    }
  }

  function sendFile({ method }: IncomingMessage, response: ServerResponse, pathname: string): void {
    const file = join(pageFolder, normalize(pathname === '/' ? '/index.html' : pathname))
    const type = TYPES[extname(file)]
    if (method !== 'GET' || type === undefined || !existsSync(file)) {
      end(response, 404, { message: 'not found' })
      return
    }
    response.writeHead(200, { ...PAGE_HEADERS, 'content-type': type })
    createReadStream(file).pipe(response)
  }

  /** Lines of JSON: an EventSource could not send the token. */
  function stream(response: ServerResponse): void {
    response.writeHead(200, { ...PAGE_HEADERS, 'content-type': 'application/x-ndjson' })
    response.flushHeaders()
    streams.add(response)
    const stop = feed.listen((event) => {
      // a page that does not read gets what comes after
      if (!response.writableNeedDrain) response.write(`${JSON.stringify(event)}\n`)
    })
    response.on('close', () => {
      stop()
      streams.delete(response)
    })
  }

  const server = createServer((request, response) => void answer(request, response))
  server.listen({ host: '127.0.0.1', port: options.port })
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve)
    server.once('error', reject)
  })

  async function close(): Promise<void> {
    for (const response of streams) response.end()
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }

  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/#${token}`, close, [Symbol.asyncDispose]: close }
}

function end(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { ...PAGE_HEADERS, 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw new Error(`expected at most ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString() || 'null'
}
