import type { Route } from '../aws-api/index.ts'
import type { TraceRecorder } from '../trace/index.ts'

/** Traces in one answer, at most. */
const MAX_TRACES = 1_000

/**
 * `GET /traces/{trace id}`: the trace, or 404. `GET /traces?client=&limit=`: `{ traces }`, the latest first. Traces hold names, decisions and
 * times, and no payload.
 */
export function tracesRoute(traces: Pick<TraceRecorder, 'find' | 'list'>): Route {
  return {
    method: 'GET',
    pathPrefix: '/traces',
    handle({ path, query }) {
      const [, , traceId] = path.split('/')
      const limit = Math.min(Number(query.get('limit')) || 100, MAX_TRACES)
      const found = traceId
        ? traces.find(traceId)
        : { traces: traces.list({ clientId: query.get('client') ?? undefined, limit }) }
      return {
        status: found ? 200 : 404,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(found ?? { message: 'there is no such trace' }),
      }
    },
  }
}
