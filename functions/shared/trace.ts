import { AsyncLocalStorage } from 'node:async_hooks'
import { type OutboundMessage, type RuleEvent, TRACEPARENT, traceIdOf, traceIdOfUuid } from '#contract/index.ts'

const current = new AsyncLocalStorage<{ traceId: string | undefined; brokerTraceId?: string | undefined }>()

/** Runs one invocation in a trace; what it logs and publishes carries the id. Undefined: {@link followTrace} may tell later. */
export function inTrace<Result>(traceId: string | undefined, work: () => Result): Result {
  return current.run({ traceId }, work)
}

/** The invocation turns out to belong to this trace. Without effect for undefined and outside of an invocation. */
export function followTrace(traceId: string | undefined): void {
  const invocation = current.getStore()
  if (invocation && traceId !== undefined) invocation.traceId = traceId
}

/** The invocation works on this event: on the message that IoT Core gave this id, in the trace that its sender names. */
export function followEvent(event: Pick<RuleEvent, 'traceparent' | 'broker_trace_id'>): void {
  const invocation = current.getStore()
  if (invocation) invocation.brokerTraceId = event.broker_trace_id
  followTrace(traceIdOfEvent(event))
}

/** What each log line says of the trace: our id, and the one under which IoT Core logs the message. */
export function traceFields(): { trace_id?: string; broker_trace_id?: string } {
  const { traceId, brokerTraceId } = current.getStore() ?? {}
  return {
    ...(traceId !== undefined && { trace_id: traceId }),
    ...(brokerTraceId !== undefined && { broker_trace_id: brokerTraceId }),
  }
}

/** 32 hexadecimal digits; undefined where no message is at work. */
export function currentTraceId(): string | undefined {
  return current.getStore()?.traceId
}

/** The trace of a rule's event: what its sender says in a user property, else the one that begins with the broker's own id. */
export function traceIdOfEvent(event: Pick<RuleEvent, 'traceparent' | 'broker_trace_id'>): string | undefined {
  return traceIdOf(event.traceparent) ?? traceIdOfUuid(event.broker_trace_id)
}

/** The trace that the metadata of a message names. */
export function traceIdOfMessage(message: OutboundMessage | undefined): string | undefined {
  return traceIdOf(message?.envelope.metadata[TRACEPARENT])
}
