import type { Execution, ExecutionFacts } from './execution.ts'
import { seconds } from './history-event.ts'
import type { Operation } from './operation.ts'

/** How a time is written: seconds in answers of the API, ISO 8601 in the event of an invocation. */
type Time = (ms: number) => number | string

export const isoTime = (ms: number): string => new Date(ms).toISOString()

/** https://docs.aws.amazon.com/lambda/latest/api/API_Operation.html */
export function operationOnWire(operation: Operation, time: Time = seconds): Record<string, unknown> {
  const { id, parentId, name, type, subType, startedAtMs, endedAtMs, status } = operation
  return {
    Id: id,
    ...(parentId !== undefined && { ParentId: parentId }),
    ...(name !== undefined && { Name: name }),
    Type: type,
    ...(subType !== undefined && { SubType: subType }),
    StartTimestamp: time(startedAtMs),
    ...(endedAtMs !== undefined && { EndTimestamp: time(endedAtMs) }),
    Status: status,
    ...detailsOnWire(operation, time),
  }
}

function detailsOnWire(operation: Operation, time: Time): Record<string, unknown> {
  const { type, status, input, result, error, attempts, dueAtMs, callback, replayChildren } = operation
  const outcome = { ...(result !== undefined && { Result: result }), ...(error && { Error: error }) }
  switch (type) {
    case 'EXECUTION':
      return { ExecutionDetails: input === undefined ? {} : { InputPayload: input } }
    case 'CONTEXT':
      return { ContextDetails: { ...(replayChildren !== undefined && { ReplayChildren: replayChildren }), ...outcome } }
    case 'STEP': {
      const next = status === 'PENDING' && dueAtMs !== undefined ? { NextAttemptTimestamp: time(dueAtMs) } : {}
      return { StepDetails: { ...(attempts !== undefined && { Attempt: attempts }), ...next, ...outcome } }
    }
    case 'WAIT':
      return { WaitDetails: dueAtMs === undefined ? {} : { ScheduledEndTimestamp: time(dueAtMs) } }
    case 'CALLBACK':
      return { CallbackDetails: { CallbackId: callback?.id, ...outcome } }
    case 'CHAINED_INVOKE':
      return { ChainedInvokeDetails: outcome }
  }
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_Execution.html */
export function executionOnWire(facts: ExecutionFacts): Record<string, unknown> {
  const { arn, name, functionArn, status, startedAtMs, endedAtMs } = facts
  return {
    DurableExecutionArn: arn,
    DurableExecutionName: name,
    FunctionArn: functionArn,
    Status: status,
    StartTimestamp: seconds(startedAtMs),
    ...(endedAtMs !== undefined && { EndTimestamp: seconds(endedAtMs) }),
  }
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetDurableExecution.html */
export function describedOnWire({ facts, operations }: Execution, withData: boolean): Record<string, unknown> {
  const { id, version, error, timeoutSeconds, retentionDays } = facts
  const { input, result } = operations.get(id) ?? {}
  return {
    ...executionOnWire(facts),
    Version: version,
    DurableConfig: { ExecutionTimeout: timeoutSeconds, RetentionPeriodInDays: retentionDays },
    ExecutionDataIncluded: withData,
    ...(withData && {
      ...(input !== undefined && { InputPayload: input }),
      ...(result !== undefined && { Result: result }),
      ...(error && { Error: error }),
    }),
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/durable-monitoring.html */
export function statusChange({ arn, name, functionArn, status, startedAtMs, endedAtMs }: ExecutionFacts) {
  return {
    durableExecutionArn: arn,
    durableExecutionName: name,
    functionArn,
    status,
    startTimestamp: isoTime(startedAtMs),
    ...(endedAtMs !== undefined && { endTimestamp: isoTime(endedAtMs) }),
  }
}
