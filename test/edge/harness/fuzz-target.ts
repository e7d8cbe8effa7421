import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import type { InboundMessage } from '#local/broker/index.ts'
import { type CallbackReceiver, startCallbackReceiver } from './callback-receiver.ts'
import { BASE, createEdgeBench, type EdgeBench } from './edge-bench.ts'
import type { EdgeUsage } from './edge-process.ts'
import { type ApiDocument, createFuzzer, createRandom, type FuzzRequest } from './fuzz.ts'
import { startEdgeProcess } from './start-edge-process.ts'

export interface FuzzReport {
  statuses: Record<number, number>
  /** Requests by route, whatever became of them. */
  routes: Record<string, number>
  /** Answers that are no answer: a fault of the service, or a body that is no JSON object. */
  faults: string[]
}

export interface FuzzTarget extends AsyncDisposable {
  run(count: number, options: { seed: number; concurrency: number }): Promise<FuzzReport>
  /** Of the service's process, after a collection. Rejects when it has ended. */
  usage(): Promise<EdgeUsage>
  stillServes(): Promise<boolean>
}

/** Beside the document: what it leaves out, and what is nowhere. */
const OTHER_PATHS = [
  '/metrics',
  '/openapi.json',
  '/docs',
  '/docs/static/../../../etc/passwd',
  '/nowhere',
  '/mqtt//',
  '/%00',
]
/** The other end answers at once; a shorter wait would be told of with 504, as it should. */
const WAIT_MS = 60_000

/** The service as a process, before a broker whose cloud, pages and peers answer, and a receiver that takes every callback. */
export async function startFuzzTarget(): Promise<FuzzTarget> {
  const bench = await createEdgeBench({ onMessage: (message) => answer(bench, message) })
  const receiver = await startCallbackReceiver()
  receiver.behave((_, response) => {
    receiver.received.length = 0
    receiver.accepted.length = 0
    response.writeHead(200).end('{}')
  })
  const edge = await startEdgeProcess(bench, {
    EDGE_CALLBACK_ATTEMPTS: '1',
    EDGE_CALLBACK_GIVE_UP_SECONDS: '0',
    EDGE_MAX_SUBSCRIPTIONS: '200',
    EDGE_MAX_DEAD_LETTERS: '1000',
    EDGE_OTHER_TOPICS: 'true',
  })
  const agent = new Agent({ keepAlive: true })
  const isServing = async () => (await fetch(`${edge.url}/health`)).status === 200
  const document = (await (await fetch(`${edge.url}/openapi.json`)).json()) as ApiDocument
  for (let healthy = false; !healthy; ) {
    const health = (await (await fetch(`${edge.url}/health`)).json()) as { status: string }
    healthy = health.status === 'healthy'
  }

  async function one(fuzzed: FuzzRequest, report: FuzzReport): Promise<void> {
    const { route, method, path, body } = fuzzed
    const { status, text, isStream } = await send(edge.url, agent, fuzzed)
    report.statuses[status] = (report.statuses[status] ?? 0) + 1
    report.routes[route] = (report.routes[route] ?? 0) + 1
    const problem = isStream || text === undefined ? faultOfStatus(status) : faultOf(status, text, path)
    if (problem !== undefined) report.faults.push(`${problem}: ${method} ${path} ${body ?? ''}: ${text}`.slice(0, 700))
  }

  return {
    async run(count, { seed, concurrency }) {
      const random = createRandom(seed)
      const next = createFuzzer({
        document,
        random,
        known: known(receiver),
        fixed: { timeoutMs: [WAIT_MS] },
        paths: OTHER_PATHS,
      })
      const report: FuzzReport = { statuses: {}, routes: {}, faults: [] }
      let left = count
      const lane = async () => {
        while (left > 0) {
          left -= 1
          if (left % 100 === 0) await malformed(edge.url, random, report)
          else await one(next(), report)
        }
      }
      const lanes = Promise.all(Array.from({ length: concurrency }, lane))
      await Promise.race([
        lanes,
        edge.exited.then((code) => Promise.reject(new Error(`the service ended with ${code}`))),
      ])
      return report
    },
    usage: () => edge.usage(),
    stillServes: isServing,
    async [Symbol.asyncDispose]() {
      agent.destroy()
      await edge.end('SIGKILL')
      await receiver[Symbol.asyncDispose]()
      await bench[Symbol.asyncDispose]()
    },
  }
}

function known({ url }: CallbackReceiver): Readonly<Record<string, readonly string[]>> {
  return {
    topic: [
      `${BASE}/response`,
      `${BASE}/command/edge`,
      `${BASE}/command/web`,
      'jamey/events/#',
      'jamey/events/status',
      'jamey/memory/query',
      'memory/query',
    ],
    filter: ['jamey/events/#', `${BASE}/#`, '#'],
    callbackUrl: [url, `${url}?2`],
    pattern: ['org/*', '*'],
  }
}

/** Whoever is asked refuses at once; messages are not kept, or they would be all that is measured. */
async function answer(bench: EdgeBench, { topic, payload, properties }: InboundMessage): Promise<void> {
  bench.test.messages.length = 0
  bench.test.log.length = 0
  const { responseTopic, correlationData } = properties
  if (responseTopic === undefined) return
  const id = correlationData?.toString()
  const failure = { code: 'invalid_payload', message: 'not this one', component: 'x', severity: 'error' }
  const isEnveloped = responseTopic.startsWith('jamey/')
  const reply = isEnveloped
    ? {
        message_id: crypto.randomUUID(),
        timestamp: new Date().toISOString(),
        topic: responseTopic,
        payload: failure,
        metadata: {
          correlation_id: (JSON.parse(payload.toString()) as Envelope).metadata.correlation_id,
          status: 'error',
        },
      }
    : { messageId: id, deviceId: 'Instance-1', status: 'error', ...failure, to: topic }
  await bench.test.broker.publish({ topic: responseTopic, payload: Buffer.from(JSON.stringify(reply)), qos: 1 })
}

interface Envelope {
  metadata: { correlation_id: string }
}

interface Answered {
  status: number
  /** Undefined where none was read: a stream has no end. */
  text: string | undefined
  isStream: boolean
}

async function send(url: string, agent: Agent, { method, path, body, headers }: FuzzRequest): Promise<Answered> {
  const { hostname, port } = new URL(url)
  const sent = request({ host: hostname, port, agent, method, path, headers })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const { statusCode: status = 0 } = response
  if (response.headers['content-type'] === 'text/event-stream') {
    response.destroy()
    return { status, text: undefined, isStream: true }
  }
  let text = ''
  response.setEncoding('utf8')
  for await (const chunk of response) text += chunk
  return { status, text: method === 'HEAD' ? undefined : text, isStream: false }
}

const NO_HTTP = [
  'nonsense\r\n\r\n',
  'GET /health\r\n\r\n',
  'GET /health HTTP/1.1\r\n\r\n',
  'GET /health HTTP/1.1\r\nhost: localhost\r\nhost: other\r\n\r\n',
  'POST /publish HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  'POST /publish HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
  'GET /health HTTP/1.1\r\nhost: localhost\r\nx: a\u0000b\r\n\r\n',
  `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`,
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'CONNECT localhost:22 HTTP/1.1\r\nhost: localhost:22\r\n\r\n',
  'GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
]

/** What no client sends; the answer, if there is one, is no fault, and the connection ends. */
async function malformed(url: string, random: () => number, report: FuzzReport): Promise<void> {
  const { hostname, port } = new URL(url)
  const text = NO_HTTP[Math.floor(random() * NO_HTTP.length)] ?? ''
  const socket = connect(Number(port), hostname)
  socket.end(text)
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
  })
  socket.on('error', () => {})
  await once(socket, 'close')
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(received)?.[1] ?? 0)
  report.statuses[status] = (report.statuses[status] ?? 0) + 1
  report.routes.malformed = (report.routes.malformed ?? 0) + 1
  if (status >= 500) report.faults.push(`status ${status}: ${JSON.stringify(text.slice(0, 200))}`)
}

function faultOfStatus(status: number): string | undefined {
  return status >= 500 || status < 200 ? `status ${status}` : undefined
}

function faultOf(status: number, text: string, path: string): string | undefined {
  const fault = faultOfStatus(status)
  if (fault !== undefined || (status < 400 && /^\/(metrics|docs)/.test(path))) return fault
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return `no JSON (${status})`
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return `no object (${status})`
  if (status >= 400 && !('error' in parsed && 'code' in parsed)) return `no error (${status})`
  if (status === 200 && 'error' in parsed) return 'an error with status 200'
  return undefined
}
