import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What comes back instead of what the service said, or what that is changed to. */
export interface Answer {
  status?: number
  /** Name of an error of AWS. */
  error?: string
  body?: Record<string, unknown>
}

/** Which call goes wrong: the operation of a JSON API, or the beginning of method and path of a REST one. */
export interface Fault {
  call: string
  answer(real: Record<string, unknown>): Answer
}

/** The APIs of a runtime with one call that goes wrong; all others are passed on. */
export async function startFailingApi(apiUrl: string, fault: Fault): Promise<{ url: string } & Disposable> {
  const server = createServer((request, response) => {
    void (async () => {
      const { method = '', url = '', headers } = request
      const target = String(headers['x-amz-target'] ?? '')
      const body = await buffer(request)
      const real = await fetch(`${apiUrl}${url}`, {
        method,
        headers: passedOn(headers),
        ...(body.length > 0 && { body }),
      })
      const text = await real.text()
      const isFaulty = target.endsWith(`.${fault.call}`) || `${method} ${url}`.startsWith(fault.call)
      if (!isFaulty) {
        response.writeHead(real.status, Object.fromEntries(real.headers)).end(text)
        return
      }
      const { status, error, body: changed } = fault.answer(JSON.parse(text || '{}') as Record<string, unknown>)
      response.writeHead(status ?? (error ? 400 : 200), {
        'content-type': 'application/json',
        ...(error && { 'x-amzn-errortype': error }),
      })
      response.end(JSON.stringify({ ...(error && { __type: error, message: 'as the test wants it' }), ...changed }))
    })()
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.dispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Without those that belong to one connection. */
function passedOn(headers: IncomingHttpHeaders): Record<string, string> {
  const own = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'expect'])
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      own.has(name) || value === undefined ? [] : [[name, String(value)]],
    ),
  )
}
