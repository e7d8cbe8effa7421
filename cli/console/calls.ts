import type { Runtime } from '#local/index.ts'
import { createLineAnswerer } from '../sql/answer.ts'
import type { Target } from '../target.ts'
import { isMessage } from '../trace/traces.ts'
import { clientRows, functionRows, ruleRows } from './live-rows.ts'
import { openQueues } from './queues.ts'
import type { ConsoleRecorder } from './recorder.ts'
import { openRequestStates } from './request-states.ts'
import { createSender } from './send.ts'
import { topicRows } from './topics.ts'
import type { Overview, RequestRow } from './wire.ts'
import { openExecutions } from './workflows.ts'

/** What the page may ask, by method and path. */
export type Calls = Readonly<Record<string, (call: { query: URLSearchParams; body: unknown }) => unknown>>

const MAX_ROWS = 1_000

export function consoleCalls(options: {
  runtime: Runtime
  target: Target
  recorder: ConsoleRecorder
  overview: Omit<Overview, 'startedAtMs'>
}): Calls {
  const { runtime, target, recorder, overview } = options
  const startedAtMs = Date.now()
  const answerSql = createLineAnswerer()
  const states = openRequestStates(target)
  const queues = openQueues(target)
  const executions = openExecutions(target)
  const send = createSender(target)

  async function requests(limit: number): Promise<RequestRow[]> {
    const traces = runtime.traces
      .list({ limit: MAX_ROWS })
      .filter((trace) => trace.topic !== undefined && isMessage(trace))
    const byKey = await states()
    const keys = recorder.capture.requestKeys()
    return traces.slice(0, limit).map(({ traceId, startedAtMs, endedAtMs, topic, clientIds, outcome, hops }) => {
      const state = byKey.get(keys.get(traceId) ?? '')
      return {
        ...{ traceId, startedAtMs, endedAtMs, topic, clientIds, outcome, steps: hops.length },
        ...(state !== undefined && { state }),
      }
    })
  }

  return {
    'GET /overview': (): Overview => ({ ...overview, startedAtMs }),
    'GET /messages': ({ query }) => recorder.capture.rows(limitOf(query)),
    'GET /message': ({ query }) => recorder.capture.find(Number(query.get('id'))),
    'GET /requests': ({ query }) => requests(limitOf(query)),
    'GET /trace': ({ query }) => runtime.traces.find(query.get('id') ?? ''),
    'GET /clients': () => clientRows(runtime, recorder),
    'GET /refusals': () => recorder.refusals().toReversed(),
    'GET /rules': () => ruleRows(runtime),
    'GET /functions': () => functionRows(runtime, recorder),
    'GET /logs': ({ query }) =>
      recorder
        .logLines()
        .filter(({ functionName }) => functionName === query.get('function'))
        .slice(-limitOf(query)),
    'GET /series': () => recorder.rates.series(),
    'GET /topics': () => topicRows(),
    'POST /sql': async ({ body }) => JSON.parse((await answerSql(JSON.stringify(body), 1)).line),
    'GET /queues': () => queues.list(),
    'GET /letters': ({ query }) => queues.letters(query.get('queue') ?? ''),
    'POST /redrive': ({ body }) => queues.redrive(body),
    'GET /executions': () => executions.list(),
    'GET /execution': ({ query }) => executions.steps(query.get('name') ?? ''),
    'POST /send': ({ body }) => send(body),
  }
}

function limitOf(query: URLSearchParams): number {
  const limit = Number(query.get('limit') ?? 200)
  return Number.isInteger(limit) && limit > 0 ? Math.min(limit, MAX_ROWS) : 200
}
