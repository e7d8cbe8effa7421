import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { createInbox, type Inbox } from './inbox.ts'

interface UpstreamCall {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** An HTTP API that a test looks into and answers for. */
export interface TestUpstream extends AsyncDisposable {
  readonly url: string
  readonly calls: Inbox<UpstreamCall>
  /** Answers from now on. */
  answerWith(answer: Answer): void
}

type Answer = (response: ServerResponse, call: UpstreamCall) => void | Promise<void>

export const answerOk: Answer = (response, { path }) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ path }))
}

/** Starts a server on 127.0.0.1, which answers with the path until told otherwise. */
export async function startTestUpstream(): Promise<TestUpstream> {
  const calls = createInbox<UpstreamCall>(({ method, path }) => `${method} ${path}`)
  let answer: Answer = answerOk
  const server = createServer((request, response) => void serve(request, response))

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString('utf8')
    const call = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body }
    calls.push(call)
    await answer(response, call)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    answerWith(next) {
      answer = next
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
