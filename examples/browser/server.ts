// Serves the page on loopback, and tokens to it. In production the token service does the second part.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

export interface PageOptions {
  /** 0: any free port. */
  port: number
  /** `wss://…/mqtt` of the bridge. */
  mqttUrl: string
  /** The page's own registered client id. */
  clientId: string
  issueToken(): Promise<string>
}

export interface PageServer extends AsyncDisposable {
  readonly url: string
}

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

export async function startPage({ port, mqttUrl, clientId, issueToken }: PageOptions): Promise<PageServer> {
  const { outputFiles } = await build({
    entryPoints: [here('page.ts')],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
  })
  const script = outputFiles[0]?.text ?? ''
  const { origin } = new URL(mqttUrl)
  const headers = {
    // the page talks to its own server and to the bridge, and to nobody else
    'content-security-policy': `default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self' ${origin === 'null' ? mqttUrl : origin}; frame-ancestors 'none'`,
    'cache-control': 'no-store',
  }
  let url = ''

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(`${randomUUID()}: ${String(error)}`)
      response.writeHead(500).end()
    })
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (type: string, body: string) => response.writeHead(200, { ...headers, 'content-type': type }).end(body)
    switch (`${request.method} ${request.url}`) {
      case 'GET /':
        return void send('text/html; charset=utf-8', readFileSync(here('index.html'), 'utf8'))
      case 'GET /page.js':
        return void send('text/javascript', script)
      case 'GET /settings':
        return void send('application/json', JSON.stringify({ url: mqttUrl, clientId }))
      case 'POST /token':
        // another page in the same browser must not get one
        if (request.headers.origin !== url) return void response.writeHead(403).end()
        return void send('text/plain', await issueToken())
      default:
        response.writeHead(404).end()
    }
  }

  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  url = `http://localhost:${address.port}`
  return {
    url,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
