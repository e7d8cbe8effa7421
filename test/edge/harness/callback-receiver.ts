import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What was posted to a callback. */
export interface ReceivedCallback {
  path: string
  body: { topic: string; payload: Record<string, unknown>; timestamp: string; qos: number; [key: string]: unknown }
  text: string
  headers: IncomingMessage['headers']
}

export type Behaviour = (callback: ReceivedCallback, response: ServerResponse) => unknown

/** A program that takes callbacks, behaves as a test says, and can be taken down and brought back on the same port. */
export interface CallbackReceiver extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** All that was posted, whatever became of it. */
  readonly received: ReceivedCallback[]
  /** The bodies that were answered with success, in order. */
  readonly accepted: ReceivedCallback['body'][]
  behave(behaviour: Behaviour): void
  /** Connections that were opened. */
  connections(): number
  down(): Promise<void>
  up(): Promise<void>
  /** Resolves when so many were accepted. */
  untilAccepted(count: number): Promise<void>
  untilReceived(count: number): Promise<void>
}

export function accept(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"success"}')
}

export async function startCallbackReceiver(): Promise<CallbackReceiver> {
  const received: ReceivedCallback[] = []
  const accepted: ReceivedCallback['body'][] = []
  let behaviour: Behaviour = (_, response) => accept(response)
  let connections = 0
  let waiting: (() => void)[] = []
  const wake = () => {
    const resumed = waiting
    waiting = []
    for (const resume of resumed) resume()
  }
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString('utf8')
    const callback = {
      path: request.url ?? '',
      body: JSON.parse(text),
      text,
      headers: request.headers,
    } as ReceivedCallback
    received.push(callback)
    response.on('finish', () => {
      if (response.statusCode === 200 && !response.getHeader('x-failed')) accepted.push(callback.body)
      wake()
    })
    behaviour(callback, response)
    wake()
  }
  // a request that is broken off ends with its connection
  const server = createServer((request, response) => void take(request, response).catch(() => response.destroy()))
  server.on('connection', () => {
    connections += 1
  })
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  await listen(0)
  const { port } = server.address() as AddressInfo
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise<void>((resolve) => waiting.push(resolve))
  }
  const down = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return {
    url: `http://127.0.0.1:${port}/mqtt-callback/callback`,
    port,
    received,
    accepted,
    behave(next) {
      behaviour = next
    },
    connections: () => connections,
    down,
    up: () => listen(port),
    untilAccepted: (count) => until(() => accepted.length >= count),
    untilReceived: (count) => until(() => received.length >= count),
    [Symbol.asyncDispose]: down,
  }
}
