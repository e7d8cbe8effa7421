import {
  type InvokeResult,
  type JsonValue,
  LambdaError,
  type LambdaService,
  MAX_ASYNC_EVENT_BYTES,
  MAX_SYNC_EVENT_BYTES,
  readFunctionReference,
} from '../lambda/index.ts'
import type { DurableExecutions, DurableFunction } from './durable-executions.ts'
import type { Execution } from './execution.ts'

/** A function service whose durable functions run as durable executions, whoever invokes them. */
export function withDurableExecutions(lambda: LambdaService, durable: () => DurableExecutions): LambdaService {
  async function invoke(
    nameOrArn: string,
    payload: JsonValue,
    options: { requestId?: string | undefined } = {},
  ): Promise<InvokeResult> {
    const found = durableFunction(nameOrArn)
    if (!found) return lambda.invoke(nameOrArn, payload, options)
    const { functionName, qualifier } = found
    const input = eventText(payload, MAX_SYNC_EVENT_BYTES)
    const start = { functionName, qualifier, input, kind: 'synchronous', requestId: options.requestId } as const
    return resultOf(await durable().whenClosed(durable().start(start)))
  }

  async function invokeAsync(nameOrArn: string, payload: JsonValue): Promise<{ requestId: string }> {
    const found = durableFunction(nameOrArn)
    if (!found) return lambda.invokeAsync(nameOrArn, payload)
    const { functionName, qualifier } = found
    const input = eventText(payload, MAX_ASYNC_EVENT_BYTES)
    const { facts } = durable().start({ functionName, qualifier, input, kind: 'asynchronous' })
    return { requestId: facts.requestId }
  }

  function durableFunction(nameOrArn: string): (DurableFunction & { qualifier: string | undefined }) | undefined {
    const reference = readFunctionReference(nameOrArn)
    const found = reference && durable().find(reference.functionName)
    return found && { ...found, qualifier: reference?.qualifier }
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

function eventText(payload: JsonValue, maxBytes: number): string {
  const text = JSON.stringify(payload)
  const bytes = Buffer.byteLength(text)
  if (bytes <= maxBytes) return text
  throw new LambdaError('RequestEntityTooLarge', `Expected an event of at most ${maxBytes} bytes, got ${bytes}`)
}
