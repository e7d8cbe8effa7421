import {
  type InvokeResult,
  type JsonValue,
  LambdaError,
  type LambdaService,
  MAX_ASYNC_EVENT_BYTES,
  MAX_SYNC_EVENT_BYTES,
  readFunctionReference,
} from '../lambda/index.ts'
import type { DurableExecutions, StartRequest } from './durable-executions.ts'
import type { Execution } from './execution.ts'

/** A function service whose durable functions run as durable executions, whoever invokes them. */
export function withDurableExecutions(lambda: LambdaService, durable: () => DurableExecutions): LambdaService {
  // no promise and no pattern of their own: every invocation of a plain function comes through here
  function invoke(
    nameOrArn: string,
    payload: JsonValue,
    options: { requestId?: string | undefined } = {},
  ): Promise<InvokeResult> {
    const functionName = nameIn(nameOrArn)
    if (!durable().find(functionName)) return lambda.invoke(nameOrArn, payload, options)
    return invokeDurable(nameOrArn, payload, options.requestId)
  }

  async function invokeDurable(
    nameOrArn: string,
    payload: JsonValue,
    requestId: string | undefined,
  ): Promise<InvokeResult> {
    const input = eventText(payload, MAX_SYNC_EVENT_BYTES)
    const execution = durable().start({ ...referenceTo(nameOrArn), input, kind: 'synchronous', requestId })
    return resultOf(await durable().whenClosed(execution))
  }

  function invokeAsync(nameOrArn: string, payload: JsonValue): Promise<{ requestId: string }> {
    if (!durable().find(nameIn(nameOrArn))) return lambda.invokeAsync(nameOrArn, payload)
    return startDurable(nameOrArn, payload)
  }

  async function startDurable(nameOrArn: string, payload: JsonValue): Promise<{ requestId: string }> {
    const input = eventText(payload, MAX_ASYNC_EVENT_BYTES)
    const { facts } = durable().start({ ...referenceTo(nameOrArn), input, kind: 'asynchronous' })
    return { requestId: facts.requestId }
  }

  return {
    ...lambda,
    invoke,
    invokeAsync,
    isIdle: () => durable().active() === 0 && lambda.isIdle(),
    async idle() {
      // an execution's last step may begin an invocation, and an invocation an execution
      while (durable().active() > 0) await durable().idle()
      await lambda.idle()
    },
  }
}

/** The answer to whoever has waited for the execution. */
export function resultOf({ facts, operations }: Execution): InvokeResult {
  const { requestId, status, error = {} } = facts
  if (status === 'SUCCEEDED') {
    const result = operations.get(facts.id)?.result
    return { statusCode: 200, payload: result === undefined ? null : JSON.parse(result), requestId }
  }
  const payload = {
    ...(error.ErrorType !== undefined && { errorType: error.ErrorType }),
    errorMessage: error.ErrorMessage ?? status,
    ...(error.ErrorData !== undefined && { errorData: error.ErrorData }),
    ...(error.StackTrace && { stackTrace: [...error.StackTrace] }),
  }
  return { statusCode: 200, payload, functionError: 'Unhandled', requestId }
}

function nameIn(nameOrArn: string): string {
  const parts = nameOrArn.split(':')
  return (parts[0] === 'arn' ? parts[6] : parts[0]) ?? ''
}

function referenceTo(nameOrArn: string): Pick<StartRequest, 'functionName' | 'qualifier'> {
  const { functionName = nameIn(nameOrArn), qualifier } = readFunctionReference(nameOrArn) ?? {}
  return { functionName, qualifier }
}

function eventText(payload: JsonValue, maxBytes: number): string {
  const text = JSON.stringify(payload)
  const bytes = Buffer.byteLength(text)
  if (bytes <= maxBytes) return text
  throw new LambdaError('RequestEntityTooLarge', `Expected an event of at most ${maxBytes} bytes, got ${bytes}`)
}
