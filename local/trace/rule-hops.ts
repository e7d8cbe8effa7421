import type { RuleObserver } from '../iot/index.ts'
import type { TraceRecorder } from './recorder.ts'
import { traceIdOfMessage } from './trace-ids.ts'

/** Records what topic rules make of messages: the fields of their output, never the values. */
export function createRuleHops(recorder: TraceRecorder, nowMs: () => number): RuleObserver {
  return {
    evaluated(message, { rule, outcome, reason, fields, durationMs }) {
      const traceId = traceIdOfMessage(message)
      if (traceId === undefined) return
      const facts = fields && { facts: { fields: fields.join(', ') } }
      recorder.record({
        traceId,
        kind: 'rule',
        subject: rule,
        topic: message.topic,
        outcome,
        ...reasonOf(reason),
        atMs: nowMs() - durationMs,
        durationMs,
        ...facts,
      })
    },
    acted(message, { rule, action, resource, reason, durationMs }) {
      const traceId = traceIdOfMessage(message)
      if (traceId === undefined) return
      const outcome = reason === undefined ? 'ok' : 'failed'
      recorder.record({
        traceId,
        kind: 'action',
        subject: resource.slice(resource.lastIndexOf(':') + 1),
        outcome,
        ...reasonOf(reason),
        atMs: nowMs() - durationMs,
        durationMs,
        facts: { rule, action },
      })
    },
  }
}

function reasonOf(reason: string | undefined): { reason?: string } {
  return reason === undefined ? {} : { reason }
}
