// A program of a device that speaks HTTP alone: takes commands by callback, and answers them.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { parseArgs } from 'node:util'

const { values: options } = parseArgs({
  options: {
    edge: { type: 'string', default: 'http://localhost:3004' },
    port: { type: 'string', default: '9000' },
    organization: { type: 'string', default: 'acme' },
    device: { type: 'string', default: 'Instance-1' },
  },
})
const base = `org/${options.organization}/device/${options.device}`

interface Callback {
  topic: string
  payload: { command?: string; messageId?: string; waitResponse?: boolean; payload?: unknown }
}

async function call(path: string, body: unknown): Promise<void> {
  const response = await fetch(`${options.edge}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer = (await response.json()) as { error?: string }
  if (response.status !== 200) throw new Error(`${path}: ${answer.error}`)
}

async function take({ payload }: Callback): Promise<void> {
  console.log(`command ${payload.command}`)
  if (!payload.waitResponse || payload.messageId === undefined) return
  const isKnown = payload.command === 'echo/say'
  const result = isKnown
    ? { status: 'success', data: payload.payload }
    : { status: 'error', error_code: 'UNKNOWN_COMMAND', available_commands: ['echo/say'] }
  await call('/publish', {
    topic: `${base}/response`,
    payload: { messageId: payload.messageId, timestamp: new Date().toISOString(), deviceId: options.device, ...result },
    qos: 1,
  })
}

async function read(request: IncomingMessage): Promise<Callback> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Callback
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await take(await read(request))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"success"}')
  } catch (error) {
    // the service sends it again
    console.error(error instanceof Error ? error.message : error)
    response.writeHead(503).end()
  }
}

const server = createServer((request, response) => void answer(request, response))
server.listen(Number(options.port), '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as { port: number }
await call('/subscribe', { topic: `${base}/command/edge`, callbackUrl: `http://127.0.0.1:${port}/callback` })
console.log(`taking commands of ${base} on port ${port}`)
process.once('SIGINT', () => process.exit())
