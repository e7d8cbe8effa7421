import { type Execution, rootOf, touch } from './execution.ts'
import { errorDetails, record, resultDetails } from './history.ts'
import { seconds } from './history-event.ts'
import type { Operation, OperationUpdate } from './operation.ts'
import { newCallbackId } from './tokens.ts'

/** What a checkpoint does beyond the operations themselves. */
export interface Applied {
  /** Chained invocations that have begun. */
  invoked: Operation[]
  /** How the function has ended its execution. */
  end?: Pick<OperationUpdate, 'Payload' | 'Error'> & { succeeded: boolean }
}

/** Applies the updates of a checkpoint that has been checked. */
export function applyUpdates(execution: Execution, updates: readonly OperationUpdate[], nowMs: number): Applied {
  const applied: Applied = { invoked: [] }
  for (const update of updates) {
    const { Type, Action, Payload, Error: error } = update
    if (Type === 'EXECUTION') {
      applied.end = {
        succeeded: Action === 'SUCCEED',
        ...(Payload !== undefined && { Payload }),
        ...(error && { Error: error }),
      }
      continue
    }
    const operation = execution.operations.get(update.Id) ?? create(execution, update, nowMs)
    touch(execution, operation)
    APPLY[Type](execution, operation, update, nowMs)
    if (Type === 'CHAINED_INVOKE' && Action === 'START') applied.invoked.push(operation)
  }
  return applied
}

type Apply = (execution: Execution, operation: Operation, update: OperationUpdate, nowMs: number) => void

const APPLY: Readonly<Record<Exclude<OperationUpdate['Type'], 'EXECUTION'>, Apply>> = {
  CONTEXT(execution, operation, { Action, Payload, Error: error, ContextOptions }, nowMs) {
    operation.replayChildren = ContextOptions?.ReplayChildren ?? operation.replayChildren
    if (Action === 'START') return record(execution, 'ContextStarted', operation, nowMs)
    if (Action === 'SUCCEED') {
      end(operation, 'SUCCEEDED', nowMs, { result: Payload })
      record(execution, 'ContextSucceeded', operation, nowMs, resultDetails(Payload))
      return
    }
    end(operation, 'FAILED', nowMs, { error })
    record(execution, 'ContextFailed', operation, nowMs, errorDetails(error))
  },

  STEP(execution, operation, { Action, Payload, Error: error, StepOptions }, nowMs) {
    if (Action === 'START') {
      operation.status = 'STARTED'
      operation.dueAtMs = undefined
      record(execution, 'StepStarted', operation, nowMs)
      return
    }
    const attempts = (operation.attempts ?? 0) + 1
    operation.attempts = attempts
    operation.result = Payload
    operation.error = error
    const delaySeconds = StepOptions?.NextAttemptDelaySeconds
    const retry = {
      CurrentAttempt: attempts,
      ...(delaySeconds !== undefined && { NextAttemptDelaySeconds: delaySeconds }),
    }
    // a condition that does not hold yet is tried again without an error
    const hasFailed = Action === 'FAIL' || (Action === 'RETRY' && error !== undefined)
    const details = hasFailed ? errorDetails(error) : resultDetails(Payload)
    if (Action === 'RETRY') {
      operation.status = 'PENDING'
      operation.dueAtMs = nowMs + (delaySeconds ?? 0) * 1_000
    } else {
      end(operation, hasFailed ? 'FAILED' : 'SUCCEEDED', nowMs, {})
    }
    record(execution, hasFailed ? 'StepFailed' : 'StepSucceeded', operation, nowMs, { ...details, RetryDetails: retry })
  },

  WAIT(execution, operation, { Action, WaitOptions }, nowMs) {
    if (Action === 'CANCEL') {
      end(operation, 'CANCELLED', nowMs, {})
      record(execution, 'WaitCancelled', operation, nowMs)
      return
    }
    const waitSeconds = WaitOptions?.WaitSeconds ?? 0
    operation.dueAtMs = nowMs + waitSeconds * 1_000
    record(execution, 'WaitStarted', operation, nowMs, {
      Duration: waitSeconds,
      ScheduledEndTimestamp: seconds(operation.dueAtMs),
    })
  },

  CALLBACK(execution, operation, { Action, CallbackOptions }, nowMs) {
    if (Action === 'CANCEL') return end(operation, 'CANCELLED', nowMs, {})
    const { TimeoutSeconds = 0, HeartbeatTimeoutSeconds = 0 } = CallbackOptions ?? {}
    const id = newCallbackId(execution.facts.arn, operation.id)
    operation.callback = {
      id,
      ...(TimeoutSeconds > 0 && { timeoutAtMs: nowMs + TimeoutSeconds * 1_000 }),
      ...(HeartbeatTimeoutSeconds > 0 && {
        heartbeatSeconds: HeartbeatTimeoutSeconds,
        heartbeatAtMs: nowMs + HeartbeatTimeoutSeconds * 1_000,
      }),
    }
    record(execution, 'CallbackStarted', operation, nowMs, {
      CallbackId: id,
      ...(TimeoutSeconds > 0 && { Timeout: TimeoutSeconds }),
      ...(HeartbeatTimeoutSeconds > 0 && { HeartbeatTimeout: HeartbeatTimeoutSeconds }),
    })
  },

  CHAINED_INVOKE(_, operation, { Action, ChainedInvokeOptions }, nowMs) {
    if (Action === 'CANCEL') return end(operation, 'CANCELLED', nowMs, {})
    // its event is written once its target is known
    operation.invoked = { functionName: ChainedInvokeOptions?.FunctionName ?? '' }
  },
}

function create(execution: Execution, update: OperationUpdate, nowMs: number): Operation {
  const { Id, ParentId, Name, Type, SubType, Payload } = update
  const operation: Operation = {
    id: Id,
    parentId: ParentId,
    name: Name,
    type: Type,
    subType: SubType,
    status: 'STARTED',
    startedAtMs: nowMs,
    ...(Type === 'CHAINED_INVOKE' && { input: Payload }),
    changed: 0,
  }
  execution.operations.set(Id, operation)
  return operation
}

/** An operation comes to its end. */
export function end(
  operation: Operation,
  status: Operation['status'],
  nowMs: number,
  outcome: Pick<Operation, 'result' | 'error'>,
): void {
  Object.assign(operation, { status, endedAtMs: nowMs }, outcome)
}

/** The execution comes to its end, with its first operation. */
export function closeExecution(
  execution: Execution,
  status: Exclude<Execution['facts']['status'], 'RUNNING'>,
  nowMs: number,
  outcome: Pick<Operation, 'result' | 'error'>,
): void {
  const { facts } = execution
  const root = rootOf(execution)
  facts.status = status
  facts.endedAtMs = nowMs
  facts.error = outcome.error
  facts.isInvoked = false
  facts.retryAtMs = undefined
  end(root, status, nowMs, outcome)
  touch(execution, root)
  const type = { SUCCEEDED: 'Succeeded', FAILED: 'Failed', TIMED_OUT: 'TimedOut', STOPPED: 'Stopped' }[status]
  const details = status === 'SUCCEEDED' ? resultDetails(outcome.result) : errorDetails(outcome.error)
  record(execution, `Execution${type}`, root, nowMs, details)
}
