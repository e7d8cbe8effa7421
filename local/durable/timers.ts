import { end } from './apply-update.ts'
import { type Execution, isClosed, touch } from './execution.ts'
import { errorDetails, record } from './history.ts'
import type { ErrorObject, Operation } from './operation.ts'

const DAY_MS = 24 * 60 * 60 * 1_000
// Types and texts as the SDKs know them.
const TIMEOUT: ErrorObject = { ErrorType: 'Callback.Timeout', ErrorMessage: 'Callback timed out' }
const HEARTBEAT: ErrorObject = { ErrorType: 'Callback.Heartbeat', ErrorMessage: 'Callback timed out on heartbeat' }

/** Moves on what time has moved on: waits end, steps may be tried again, callbacks time out. Tells whether anything did. */
export function fireDueTimers(execution: Execution, nowMs: number): boolean {
  const due = [...execution.operations.values()].filter((operation) => isDue(operation, nowMs))
  for (const operation of due) {
    touch(execution, operation)
    if (operation.type === 'WAIT') endWait(execution, operation, nowMs)
    else if (operation.type === 'CALLBACK') timeOut(execution, operation, nowMs)
    else Object.assign(operation, { status: 'READY', dueAtMs: undefined })
  }
  return due.length > 0
}

function endWait(execution: Execution, operation: Operation, nowMs: number): void {
  const { startedAtMs, dueAtMs = nowMs } = operation
  end(operation, 'SUCCEEDED', nowMs, {})
  record(execution, 'WaitSucceeded', operation, nowMs, { Duration: Math.round((dueAtMs - startedAtMs) / 1_000) })
}

function timeOut(execution: Execution, operation: Operation, nowMs: number): void {
  const { timeoutAtMs = Number.POSITIVE_INFINITY, heartbeatAtMs = Number.POSITIVE_INFINITY } = operation.callback ?? {}
  const error = heartbeatAtMs < timeoutAtMs ? HEARTBEAT : TIMEOUT
  end(operation, 'TIMED_OUT', nowMs, { error })
  record(execution, 'CallbackTimedOut', operation, nowMs, errorDetails(error))
}

function isDue(operation: Operation, nowMs: number): boolean {
  const dueMs = nextMs(operation)
  return dueMs !== undefined && dueMs <= nowMs
}

/** When time moves an operation on, if it does. */
function nextMs({ type, status, dueAtMs, callback }: Operation): number | undefined {
  if (type === 'WAIT' && status === 'STARTED') return dueAtMs
  if (type === 'STEP' && status === 'PENDING') return dueAtMs
  if (type !== 'CALLBACK' || status !== 'STARTED') return undefined
  return earliest([callback?.timeoutAtMs, callback?.heartbeatAtMs])
}

/** When time moves the execution on: an operation, its own end, the next try of an invocation, its removal. */
export function nextDueMs(execution: Execution): number | undefined {
  const { facts, operations } = execution
  if (isClosed(execution)) return earliest([retainedUntilMs(execution), facts.deadLetter?.dueAtMs])
  return earliest([...[...operations.values()].map(nextMs), deadlineMs(execution), facts.retryAtMs])
}

export function deadlineMs({ facts }: Execution): number {
  return facts.startedAtMs + facts.timeoutSeconds * 1_000
}

export function retainedUntilMs({ facts }: Execution): number {
  return (facts.endedAtMs ?? 0) + facts.retentionDays * DAY_MS
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}
