import type { ApiCall } from '../aws-api/index.ts'
import { type BrokerObserver, observeTogether } from '../broker/index.ts'
import type { RuleObserver } from '../iot/index.ts'
import type { Deliver, InvocationObserver, LogLine } from '../lambda/index.ts'
import {
  createBrokerHops,
  createInvocationHops,
  createRuleHops,
  createTraceRecorder,
  type TraceRecorder,
  traceIdOfJson,
} from '../trace/index.ts'

/** Who records the steps of messages, and is told where; all of it is absent when nobody wants to know. */
export interface Tracing {
  traces: TraceRecorder
  broker: BrokerObserver | undefined
  rules: RuleObserver | undefined
  invocations: InvocationObserver | undefined
  onLogLine: (line: LogLine) => void
  onCall: ((call: ApiCall) => void) | undefined
  /** Records each delivery to a destination or a dead-letter queue. */
  watched(deliver: Deliver): Deliver
}

export function createTracing(options: {
  isTraced: boolean
  nowMs: () => number
  brokerObserver: BrokerObserver | undefined
}): Tracing {
  const { isTraced, nowMs, brokerObserver } = options
  const traces = createTraceRecorder()
  if (!isTraced) {
    const nobody = { rules: undefined, invocations: undefined, onCall: undefined }
    return { traces, broker: brokerObserver, ...nobody, onLogLine() {}, watched: (deliver) => deliver }
  }
  const broker = createBrokerHops(traces, nowMs)
  const invocations = createInvocationHops(traces, nowMs)
  return {
    traces,
    broker: brokerObserver ? observeTogether([broker, brokerObserver]) : broker,
    rules: createRuleHops(traces, nowMs),
    invocations,
    onLogLine: invocations.logged,
    onCall: invocations.called,
    watched(deliver) {
      return async (targetArn, body, from) => {
        const atMs = nowMs()
        const traceId = traceIdOfJson(JSON.stringify(body))
        const hop = { kind: 'destination', subject: targetArn.split(':').at(-1) ?? targetArn, atMs } as const
        const facts = { facts: { function: from.functionArn.split(':')[6] ?? '' } }
        try {
          await deliver(targetArn, body, from)
          if (traceId) traces.record({ traceId, ...hop, outcome: 'ok', durationMs: nowMs() - atMs, ...facts })
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error)
          if (traceId) traces.record({ traceId, ...hop, outcome: 'failed', reason, ...facts })
          throw error
        }
      }
    },
  }
}
