import { MAX_SYNC_EVENT_BYTES } from '../lambda/index.ts'
import { DurableError } from './durable-error.ts'
import { type Execution, untold } from './execution.ts'
import { INITIAL_STATE_BYTES, PAGE_ITEMS } from './limits.ts'
import { type ErrorObject, isPending, replayedOperations } from './operation.ts'
import { isoTime, operationOnWire } from './wire.ts'

/** What a function is invoked with. The operations that have no room in it are asked for, from the marker on. */
export function invocationEvent(execution: Execution, checkpointToken: string) {
  const operations: unknown[] = []
  const all = replayedOperations(execution.operations)
  let bytes = 0
  for (const operation of all) {
    const onWire = operationOnWire(operation, isoTime)
    bytes += Buffer.byteLength(JSON.stringify(onWire))
    // the first one is the execution with its input, without which nothing begins
    if (operations.length > 0 && (bytes > INITIAL_STATE_BYTES || operations.length >= PAGE_ITEMS.max)) break
    operations.push(onWire)
  }
  const updated = untold(execution).map(({ id }) => id)
  return {
    DurableExecutionArn: execution.facts.arn,
    CheckpointToken: checkpointToken,
    InitialExecutionState: {
      Operations: operations,
      ...(operations.length < all.length && { NextMarker: String(operations.length) }),
    },
    ...(updated.length > 0 && { UpdatedOperationIds: updated }),
  }
}

/** What an invocation has come to. */
export type InvocationAnswer =
  | { kind: 'pending' }
  | { kind: 'succeeded'; result: string | undefined }
  | { kind: 'failed'; error: ErrorObject | undefined }

/** Reads what the function returned; an answer that the service does not take fails the execution. */
export function readAnswer(payload: unknown, execution: Execution, maxResultBytes: number): InvocationAnswer {
  const { Status, Result, Error: error } = (payload ?? {}) as Record<string, unknown>
  switch (Status) {
    case 'PENDING': {
      const waits = [...execution.operations.values()].some(isPending) || untold(execution).length > 0
      return waits ? { kind: 'pending' } : refused('Cannot return PENDING status with no pending operations.')
    }
    case 'SUCCEEDED': {
      if (error) return refused('Cannot provide an Error for SUCCEEDED status.')
      const result = typeof Result === 'string' ? Result : undefined
      if (result === undefined || Buffer.byteLength(result) <= maxResultBytes) return { kind: 'succeeded', result }
      return refused(`Execution output payload size must be less than or equal to ${maxResultBytes} bytes.`)
    }
    case 'FAILED':
      if (Result !== undefined) return refused('Cannot provide a Result for FAILED status.')
      return { kind: 'failed', error: error as ErrorObject | undefined }
    default:
      return refused('Invalid Status in invocation output.')
  }
}

function refused(ErrorMessage: string): InvocationAnswer {
  return { kind: 'failed', error: { ErrorType: 'InvalidParameterValueException', ErrorMessage } }
}

/** The error of an invocation that ended without an answer, as Lambda gives it. */
export function errorOfInvocation(payload: unknown): ErrorObject {
  const { errorMessage, errorType, trace } = (payload ?? {}) as Record<string, unknown>
  return {
    ...(typeof errorType === 'string' && { ErrorType: errorType }),
    ErrorMessage: typeof errorMessage === 'string' ? errorMessage : 'the invocation failed',
    ...(Array.isArray(trace) && { StackTrace: trace.map(String) }),
  }
}

/** Throws `RequestTooLargeException`: with the operations of its start alone, the event of an invocation must be one that Lambda takes. */
export function checkEventSize(execution: Execution): void {
  const bytes = Buffer.byteLength(JSON.stringify(invocationEvent(execution, '')))
  if (bytes <= MAX_SYNC_EVENT_BYTES) return
  throw new DurableError(
    'RequestTooLargeException',
    `Expected an event of at most ${MAX_SYNC_EVENT_BYTES} bytes with what Lambda adds to it, got ${bytes}`,
  )
}
