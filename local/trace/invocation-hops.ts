import type { ApiCall } from '../aws-api/index.ts'
import { type InvocationObserver, type LogLine, readXrayHeader, spanOf } from '../lambda/index.ts'
import type { Hop } from './hop.ts'
import type { TraceRecorder } from './recorder.ts'
import { traceIdOfJson } from './trace-ids.ts'

interface Running {
  /** From the event; else from the first log line that names one. */
  traceId: string | undefined
  functionName: string
  /** Until the trace is known. */
  waiting: Omit<Hop, 'traceId'>[]
}

export interface InvocationHops extends InvocationObserver {
  logged(line: LogLine): void
  called(call: ApiCall): void
}

/** Records invocations of functions, with what they log and which services they call. */
export function createInvocationHops(recorder: TraceRecorder, nowMs: () => number): InvocationHops {
  const running = new Map<string, Running>()

  function tell(invocation: Running, hop: Omit<Hop, 'traceId'>): void {
    const { traceId } = invocation
    if (traceId === undefined) invocation.waiting.push(hop)
    else recorder.record({ traceId, ...hop })
  }

  function follow(invocation: Running, traceId: string): void {
    invocation.traceId = traceId
    for (const hop of invocation.waiting.splice(0)) recorder.record({ traceId, ...hop })
  }

  return {
    traceIdOf: ({ eventJson }) => traceIdOfJson(eventJson),
    begun({ requestId, functionName, eventJson }) {
      running.set(spanOf(requestId), { traceId: traceIdOfJson(eventJson), functionName, waiting: [] })
    },
    ended({ requestId, functionName, durationMs, initDurationMs, errorType }) {
      const invocation = running.get(spanOf(requestId))
      if (!invocation) return
      tell(invocation, {
        kind: 'invoke',
        subject: functionName,
        atMs: nowMs() - durationMs,
        durationMs,
        outcome: errorType === undefined ? 'ok' : 'failed',
        ...(errorType !== undefined && { reason: errorType }),
        facts: {
          requestId,
          cold: initDurationMs !== undefined,
          ...(initDurationMs !== undefined && { initMs: initDurationMs }),
        },
      })
      running.delete(spanOf(requestId))
    },
    logged({ requestId, functionName, text }) {
      const invocation = requestId === undefined ? undefined : running.get(spanOf(requestId))
      const line = invocation && structured(text)
      if (!invocation || !line) return
      if (invocation.traceId === undefined && typeof line.trace_id === 'string') follow(invocation, line.trace_id)
      const { level, message, code } = line
      tell(invocation, {
        kind: 'log',
        subject: String(message),
        atMs: nowMs(),
        outcome: level === 'ERROR' ? 'failed' : 'ok',
        ...(typeof code === 'string' && { reason: code }),
        facts: { function: functionName, level: String(level) },
      })
    },
    called({ headers, action, resource, status, errorCode, durationMs }) {
      const span = readXrayHeader(headers['x-amzn-trace-id'])?.span
      const invocation = span === undefined ? undefined : running.get(span)
      if (!invocation) return
      tell(invocation, {
        kind: 'call',
        subject: action,
        atMs: nowMs() - durationMs,
        durationMs,
        outcome: status < 400 ? 'ok' : 'failed',
        ...(errorCode !== undefined && { reason: errorCode }),
        facts: {
          function: invocation.functionName,
          resource: resource.split(':').slice(5).join(':') || resource,
          status,
        },
      })
    },
  }
}

/** A line of our logger. What a function prints by other means may hold anything, and is left out. */
function structured(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{"level"')) return undefined
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return undefined
  }
}
