import { type FunctionVersions, LambdaError, type LambdaService, readFunctionReference } from '../lambda/index.ts'
import { end } from './apply-update.ts'
import { type Execution, isClosed, touch } from './execution.ts'
import type { Executions } from './executions.ts'
import { errorDetails, record, resultDetails } from './history.ts'
import { errorOfInvocation } from './invocation.ts'
import type { InvocationLane } from './lane.ts'
import { MAX_OPERATION_PAYLOAD_BYTES } from './limits.ts'
import type { ErrorObject, Operation, OperationStatus } from './operation.ts'

interface ChainedOutcome {
  status: Extract<OperationStatus, 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'STOPPED'>
  result?: string | undefined
  error?: ErrorObject | undefined
}

/** Invocations of other functions by an execution, which waits for their end. */
export interface ChainedInvokes {
  /** Within a change. A function that cannot be invoked ends the operation at once. */
  begin(execution: Execution, operation: Operation, nowMs: number): void
  /** Begins again what ended with the runtime: a plain function keeps nothing of its invocation. */
  resume(execution: Execution): void
  /** Within the change that closed a child. */
  report(child: Execution): void
}

const EVENTS = { SUCCEEDED: 'Succeeded', FAILED: 'Failed', TIMED_OUT: 'TimedOut', STOPPED: 'Stopped' } as const

export function createChainedInvokes(options: {
  executions: () => Executions
  lane: InvocationLane
  lambda: Pick<LambdaService, 'invoke'>
  versions: Pick<FunctionVersions, 'resolve'>
  account: { region: string; accountId: string }
  isDurable: (functionName: string) => boolean
  /** Starts a durable function for an operation; returns the ARN of its execution. */
  startChild: (functionArn: string, input: string | undefined, parent: { arn: string; operationId: string }) => string
  /** Why the function may not invoke the other; undefined if it may. */
  refusal: (functionName: string, targetArn: string) => string | undefined
}): ChainedInvokes {
  const { lane, lambda, versions, account } = options

  function begin(execution: Execution, operation: Operation, nowMs: number): void {
    const functionName = operation.invoked?.functionName ?? ''
    const started = { FunctionName: functionName }
    try {
      const target = targetOf(execution, functionName)
      const details = {
        ...started,
        Input: operation.input === undefined ? {} : { Payload: operation.input },
        ExecutedVersion: target.version,
      }
      if (!options.isDurable(target.functionName)) {
        record(execution, 'ChainedInvokeStarted', operation, nowMs, details)
        queueMicrotask(() => void invokePlain(execution, operation, target.arn))
        return
      }
      const parent = { arn: execution.facts.arn, operationId: operation.id }
      const executionArn = options.startChild(target.arn, operation.input, parent)
      operation.invoked = { functionName, executionArn }
      record(execution, 'ChainedInvokeStarted', operation, nowMs, { ...details, DurableExecutionArn: executionArn })
    } catch (error) {
      record(execution, 'ChainedInvokeStarted', operation, nowMs, started)
      finish(execution, operation, { status: 'FAILED', error: errorObject(error) }, nowMs)
    }
  }

  function targetOf(execution: Execution, text: string) {
    const reference = readFunctionReference(text)
    if (!reference) throw new LambdaError('InvalidParameterValueException', `${text} is no name of a function`)
    const { functionName, qualifier, accountId = account.accountId } = reference
    if (accountId !== account.accountId) {
      const message = 'Cannot start a CHAINED_INVOKE on a function in another account.'
      throw new LambdaError('InvalidParameterValueException', message)
    }
    if (qualifier === undefined && options.isDurable(functionName)) {
      const message = 'You cannot invoke a durable function using an unqualified ARN.'
      throw new LambdaError('InvalidParameterValueException', message)
    }
    const version = versions.resolve(functionName, qualifier)
    const plainArn = `arn:aws:lambda:${account.region}:${account.accountId}:function:${functionName}`
    const named = qualifier === undefined ? plainArn : `${plainArn}:${qualifier}`
    const refusal = options.refusal(execution.facts.functionName, named)
    if (refusal !== undefined) throw Object.assign(new Error(refusal), { code: 'AccessDeniedException' })
    return { functionName, version, arn: qualifier === undefined ? plainArn : `${plainArn}:${version}` }
  }

  async function invokePlain(execution: Execution, operation: Operation, targetArn: string): Promise<void> {
    const outcome = await outcomeOf(targetArn, operation.input)
    if (outcome && operation.status === 'STARTED') {
      options.executions().change(execution, (nowMs) => finish(execution, operation, outcome, nowMs))
    }
  }

  /** Undefined: the runtime ends, and the next one invokes it again. */
  async function outcomeOf(targetArn: string, input: string | undefined): Promise<ChainedOutcome | undefined> {
    try {
      const { payload, functionError } = await lambda.invoke(targetArn, JSON.parse(input ?? '{}'))
      if (functionError) return { status: 'FAILED', error: errorOfInvocation(payload) }
      const result = JSON.stringify(payload)
      if (Buffer.byteLength(result) <= MAX_OPERATION_PAYLOAD_BYTES) return { status: 'SUCCEEDED', result }
      const ErrorMessage = `CHAINED_INVOKE output payload size must be less than or equal to ${MAX_OPERATION_PAYLOAD_BYTES} bytes.`
      return { status: 'FAILED', error: { ErrorMessage } }
    } catch (error) {
      if (error instanceof LambdaError && error.code === 'ServiceClosed') return undefined
      return { status: 'FAILED', error: errorObject(error) }
    }
  }

  function finish(execution: Execution, operation: Operation, outcome: ChainedOutcome, nowMs: number): void {
    const { status, ...details } = outcome
    end(operation, status, nowMs, details)
    touch(execution, operation)
    if (isClosed(execution)) return
    const shown = status === 'SUCCEEDED' ? resultDetails(outcome.result) : errorDetails(outcome.error)
    record(execution, `ChainedInvoke${EVENTS[status]}`, operation, nowMs, shown)
    lane.trigger(execution)
  }

  return {
    begin,
    resume(execution) {
      for (const operation of execution.operations.values()) {
        const { type, status, invoked } = operation
        if (type !== 'CHAINED_INVOKE' || status !== 'STARTED' || invoked?.executionArn !== undefined) continue
        try {
          void invokePlain(execution, operation, targetOf(execution, invoked?.functionName ?? '').arn)
        } catch (error) {
          const outcome = { status: 'FAILED' as const, error: errorObject(error) }
          options.executions().change(execution, (nowMs) => finish(execution, operation, outcome, nowMs))
        }
      }
    },
    report(child) {
      const { parent, arn } = child.facts
      const execution = parent && options.executions().find(parent.arn)
      const operation = parent && execution?.operations.get(parent.operationId)
      if (!execution || operation?.status !== 'STARTED' || operation.invoked?.executionArn !== arn) return
      options.executions().change(execution, (nowMs) => finish(execution, operation, outcomeOfChild(child), nowMs))
    },
  }
}

function outcomeOfChild({ facts, operations }: Execution): ChainedOutcome {
  const { status, error, timeoutSeconds } = facts
  if (status === 'SUCCEEDED') return { status, result: operations.get(facts.id)?.result }
  if (status === 'STOPPED') return { status, error }
  if (status !== 'TIMED_OUT') return { status: 'FAILED', error }
  const ErrorMessage = `CHAINED_INVOKE timed out after ${timeoutSeconds} seconds.`
  return { status, error: { ErrorType: 'ChainedInvoke.Timeout', ErrorMessage } }
}

function errorObject(error: unknown): ErrorObject {
  const ErrorMessage = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  return { ...(code !== undefined && { ErrorType: code }), ErrorMessage }
}
