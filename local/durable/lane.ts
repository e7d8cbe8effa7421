import { LambdaError, type LambdaService, SYSTEM_RETRY_MS } from '../lambda/index.ts'
import type { Clock } from '../state/index.ts'
import { type Execution, isClosed, untold } from './execution.ts'
import type { Executions } from './executions.ts'
import { record } from './history.ts'
import { seconds } from './history-event.ts'
import { errorOfInvocation, invocationEvent, readAnswer } from './invocation.ts'
import { MAX_RESULT_BYTES } from './limits.ts'
import type { ErrorObject } from './operation.ts'
import { fireDueTimers } from './timers.ts'
import { checkpointToken } from './tokens.ts'

/** Takes one log entry; no payload, no token. */
export type DurableLog = (entry: { level: 'info' | 'warn' | 'error'; event: string; [field: string]: unknown }) => void

/** Invocations, one at a time for an execution. */
export interface InvocationLane {
  /** Within a change: something has happened that the function must see. */
  trigger(execution: Execution): void
  /** Of the invocation that runs, if one does. */
  invocationId(execution: Execution): string | undefined
  active(): number
  close(): void
}

export const maxResultBytes = ({ facts }: Execution): number =>
  facts.kind === 'synchronous' ? MAX_RESULT_BYTES.synchronous : MAX_RESULT_BYTES.asynchronous

/**
 * Runs the invocations of executions. One that ends without an answer is tried again, with waits that double, until the execution's own
 * timeout. https://docs.aws.amazon.com/lambda/latest/dg/durable-execution-sdk-retries.html
 */
export function createInvocationLane(options: {
  executions: () => Executions
  lambda: Pick<LambdaService, 'invoke'>
  clock: Clock
  newId: () => string
  log: DurableLog
  onSettled: () => void
}): InvocationLane {
  const { lambda, clock, newId, log } = options
  const running = new Map<string, { invocationId: string; again: boolean }>()
  let isClosing = false

  function trigger(execution: Execution): void {
    const { facts } = execution
    if (isClosed(execution)) return
    facts.retryAtMs = undefined
    const current = running.get(facts.arn)
    if (current) {
      current.again = true
      return
    }
    const invocationId = newId()
    facts.isInvoked = true
    running.set(facts.arn, { invocationId, again: false })
    // not at once: the change that asks for it must be stored first
    queueMicrotask(() => void invoke(execution, invocationId))
  }

  async function invoke(execution: Execution, requestId: string): Promise<void> {
    const { facts } = execution
    const { change } = options.executions()
    const startedAtMs = clock.nowMs()
    const event = invocationEvent(execution, checkpointToken(facts, requestId))
    change(execution, () => {
      facts.told = facts.changes
    })
    let answer: Awaited<ReturnType<LambdaService['invoke']>> | undefined
    let failure: ErrorObject | undefined
    try {
      answer = await lambda.invoke(facts.functionArn, event as Parameters<LambdaService['invoke']>[1], { requestId })
      if (answer.functionError) failure = errorOfInvocation(answer.payload)
    } catch (error) {
      // the next start takes it up where it is
      if (isClosing || (error instanceof LambdaError && error.code === 'ServiceClosed')) return
      failure = {
        ErrorType: error instanceof LambdaError ? error.code : 'ServiceException',
        ErrorMessage: error instanceof Error ? error.message : String(error),
      }
    }
    if (isClosing) return
    const again = running.get(facts.arn)?.again === true
    running.delete(facts.arn)
    try {
      change(execution, (nowMs) => {
        finish(execution, { requestId, startedAtMs, nowMs, again, failure, payload: answer?.payload })
      })
    } finally {
      options.onSettled()
    }
  }

  function finish(
    execution: Execution,
    end: {
      requestId: string
      startedAtMs: number
      nowMs: number
      again: boolean
      failure: ErrorObject | undefined
      payload: unknown
    },
  ): void {
    const { facts } = execution
    const { nowMs } = end
    const answer = end.failure ? undefined : readAnswer(end.payload, execution, maxResultBytes(execution))
    const error = end.failure ?? (answer?.kind === 'failed' ? answer.error : undefined)
    facts.isInvoked = false
    record(execution, 'InvocationCompleted', undefined, nowMs, {
      StartTimestamp: seconds(end.startedAtMs),
      EndTimestamp: seconds(nowMs),
      RequestId: end.requestId,
      ...(error && { Error: { Payload: error } }),
    })
    if (isClosed(execution)) return
    if (!answer) {
      retryLater(execution, end.failure, nowMs)
      return
    }
    facts.failures = 0
    const { close } = options.executions()
    if (answer.kind === 'succeeded') close(execution, 'SUCCEEDED', { result: answer.result })
    else if (answer.kind === 'failed') close(execution, 'FAILED', { error: answer.error })
    else if (fireDueTimers(execution, nowMs) || end.again || untold(execution).length > 0) trigger(execution)
  }

  function retryLater({ facts }: Execution, error: ErrorObject | undefined, nowMs: number): void {
    const delayMs = Math.min(SYSTEM_RETRY_MS.min * 2 ** facts.failures, SYSTEM_RETRY_MS.max)
    facts.failures += 1
    facts.retryAtMs = nowMs + delayMs
    const { arn, functionName } = facts
    const errorType = error?.ErrorType
    log({
      level: 'warn',
      event: 'durable_invocation_failed',
      execution: arn,
      functionName,
      errorType,
      retryMs: delayMs,
    })
  }

  return {
    trigger,
    invocationId: ({ facts }) => running.get(facts.arn)?.invocationId,
    active: () => running.size,
    close() {
      isClosing = true
    },
  }
}
