import type { TestBroker } from '../../local/broker/test-broker.ts'
import { type CallbackReceiver, startCallbackReceiver } from './callback-receiver.ts'
import { BASE, createEdgeBench, type EdgeBench } from './edge-bench.ts'
import { type ApiDocument, createFuzzer, createRandom } from './fuzz.ts'

export interface FuzzReport {
  requests: number
  statuses: Record<number, number>
  /** Answers that are no answer: a fault of the service, or a body that is no JSON object. */
  faults: string[]
}

export interface FuzzTarget extends AsyncDisposable {
  run(
    count: number,
    options: { seed: number; concurrency: number; onProgress?: (done: number) => void },
  ): Promise<FuzzReport>
  readonly bench: EdgeBench
  stillServes(): Promise<boolean>
  readonly receiver: CallbackReceiver
}

/** The service before a broker whose cloud answers, and a receiver that takes every callback. */
export async function startFuzzTarget(): Promise<FuzzTarget> {
  let broker: TestBroker['broker'] | undefined
  const bench = await createEdgeBench({
    async onMessage({ topic, payload }) {
      // beside the report the messages of a long run would be all that is measured
      bench.test.messages.length = 0
      bench.test.log.length = 0
      bench.log.length = 0
      if (!/^jamey\/(conscience|memory|api)\//.test(topic)) return
      const { metadata } = JSON.parse(payload.toString()) as { metadata: { correlation_id: string | null } }
      const refusal = { code: 'handler_failed', message: 'the handler failed', component: 'x', severity: 'error' }
      const reply = {
        message_id: crypto.randomUUID(),
        timestamp: new Date().toISOString(),
        topic: 'jamey/responses/edge-1',
        payload: { ...refusal, code: 'invalid_payload' },
        metadata: { correlation_id: metadata.correlation_id, status: 'error' },
      }
      await broker?.publish({ topic: reply.topic, payload: Buffer.from(JSON.stringify(reply)), qos: 1 })
    },
  })
  broker = bench.test.broker
  const edge = await bench.start({ environment: { EDGE_CALLBACK_ATTEMPTS: '1', EDGE_CALLBACK_GIVE_UP_SECONDS: '0' } })
  const receiver = await startCallbackReceiver()
  receiver.behave((_, response) => {
    receiver.received.length = 0
    receiver.accepted.length = 0
    response.writeHead(200).end('{}')
  })
  const document = (await (await fetch(`${edge.url}/openapi.json`)).json()) as ApiDocument

  async function one(next: ReturnType<typeof createFuzzer>, report: FuzzReport): Promise<void> {
    const { method, path, body, contentType } = next()
    const response = await fetch(`${edge.url}${path}`, {
      method,
      ...(body !== undefined && { body }),
      ...(contentType !== undefined && { headers: { 'content-type': contentType } }),
    })
    const text = await response.text()
    report.requests += 1
    report.statuses[response.status] = (report.statuses[response.status] ?? 0) + 1
    const problem = faultOf(response.status, text)
    if (problem !== undefined) report.faults.push(`${problem}: ${method} ${path} ${body ?? ''}`.slice(0, 500))
  }

  return {
    bench,
    receiver,
    async run(count, { seed, concurrency, onProgress }) {
      const next = createFuzzer({
        document,
        random: createRandom(seed),
        known: {
          topic: [
            `${BASE}/response`,
            `${BASE}/command/edge`,
            `${BASE}/command/web`,
            'jamey/events/#',
            'jamey/events/status',
            'jamey/memory/query',
            'memory/query',
          ],
          callbackUrl: [receiver.url, `${receiver.url}?2`],
          pattern: ['org/*', '*'],
        },
        skip: ['/mqtt/messages'],
      })
      const report: FuzzReport = { requests: 0, statuses: {}, faults: [] }
      let left = count
      const lane = async () => {
        while (left > 0) {
          left -= 1
          await one(next, report)
          onProgress?.(report.requests)
        }
      }
      await Promise.all(Array.from({ length: concurrency }, lane))
      return report
    },
    async stillServes() {
      const response = await fetch(`${edge.url}/health`)
      return response.status === 200
    },
    async [Symbol.asyncDispose]() {
      await receiver[Symbol.asyncDispose]()
      await bench[Symbol.asyncDispose]()
    },
  }
}

/** A reply that takes its time is the far side's, and any other 5xx ours. */
function faultOf(status: number, text: string): string | undefined {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    return `no JSON (${status})`
  }
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return `no object (${status})`
  if (status >= 500) return `status ${status}`
  if (status >= 400 && !('error' in answer && 'code' in answer)) return `no error (${status})`
  if (status === 200 && 'error' in answer) return 'an error with status 200'
  return undefined
}
