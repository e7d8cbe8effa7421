import { end } from './apply-update.ts'
import { DurableError, invalid } from './durable-error.ts'
import { type Execution, isClosed, touch } from './execution.ts'
import type { Executions } from './executions.ts'
import { errorDetails, record, resultDetails } from './history.ts'
import type { InvocationLane } from './lane.ts'
import { MAX_ERROR_BYTES, MAX_OPERATION_PAYLOAD_BYTES } from './limits.ts'
import type { ErrorObject, Operation } from './operation.ts'
import { fireDueTimers } from './timers.ts'
import { readCallbackId } from './tokens.ts'

/** Callbacks as those outside see them. All throw `CallbackTimeoutException` for one that is over. */
export interface Callbacks {
  succeed(callbackId: string, result: string | undefined): void
  fail(callbackId: string, error: ErrorObject | undefined): void
  /** Its heartbeat timeout begins anew. */
  heartbeat(callbackId: string): void
}

export function createCallbacks(executions: () => Executions, lane: InvocationLane): Callbacks {
  /** Changes a callback that is waited for. One whose time is over is ended first. */
  function change(id: string, work: (execution: Execution, operation: Operation, nowMs: number) => void): void {
    const place = readCallbackId(id)
    if (!place) throw invalid('Invalid callback id')
    const execution = executions().find(place.arn)
    if (!execution || isClosed(execution)) throw over()
    const isWaiting = executions().change(execution, (nowMs) => {
      if (fireDueTimers(execution, nowMs)) lane.trigger(execution)
      const operation = execution.operations.get(place.operationId)
      if (operation?.status !== 'STARTED' || operation.callback?.id !== id) return false
      work(execution, operation, nowMs)
      return true
    })
    if (!isWaiting) throw over()
  }

  return {
    succeed(callbackId, result) {
      checkSize('CALLBACK result', result ?? '', MAX_OPERATION_PAYLOAD_BYTES)
      change(callbackId, (execution, operation, nowMs) => {
        end(operation, 'SUCCEEDED', nowMs, { result })
        touch(execution, operation)
        record(execution, 'CallbackSucceeded', operation, nowMs, resultDetails(result))
        lane.trigger(execution)
      })
    },
    fail(callbackId, error) {
      checkSize('Error object', JSON.stringify(error ?? {}), MAX_ERROR_BYTES)
      change(callbackId, (execution, operation, nowMs) => {
        end(operation, 'FAILED', nowMs, { error })
        touch(execution, operation)
        record(execution, 'CallbackFailed', operation, nowMs, errorDetails(error))
        lane.trigger(execution)
      })
    },
    heartbeat(callbackId) {
      change(callbackId, (execution, operation, nowMs) => {
        const { callback } = operation
        if (callback?.heartbeatSeconds === undefined) return
        callback.heartbeatAtMs = nowMs + callback.heartbeatSeconds * 1_000
        // the function need not know of it
        execution.unsaved.operations.add(operation)
      })
    },
  }
}

function over(): DurableError {
  return new DurableError('CallbackTimeoutException', 'The callback is either timed out or already completed')
}

function checkSize(what: string, text: string, maxBytes: number): void {
  if (Buffer.byteLength(text) <= maxBytes) return
  throw invalid(`${what} size must be less than or equal to ${maxBytes} bytes.`)
}
