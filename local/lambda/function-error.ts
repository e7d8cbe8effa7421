import type { JsonValue } from './json.ts'

/** The payload of a failed invocation, as a caller of Lambda gets it. https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
export interface FunctionError {
  errorType: string
  errorMessage: string
  /** Lines of the stack; missing where the runtime ended the function. */
  trace?: string[] | undefined
}

/** How an environment stopped before it had answered. */
export type EnvironmentEnd =
  | { kind: 'timeout'; timeoutSeconds: number }
  | { kind: 'outOfMemory' }
  | { kind: 'exit'; exitCode: number }
  | { kind: 'error'; error: FunctionError }

/** The error a caller sees for it, in Lambda's words. */
export function errorOfEnd(end: EnvironmentEnd, requestId: string): FunctionError {
  switch (end.kind) {
    case 'timeout':
      return ended('Sandbox.Timedout', requestId, `Task timed out after ${end.timeoutSeconds.toFixed(2)} seconds`)
    case 'outOfMemory':
      return ended('Runtime.OutOfMemory', requestId, 'Runtime exited with error: signal: killed')
    case 'exit':
      return ended(
        'Runtime.ExitError',
        requestId,
        end.exitCode === 0
          ? 'Runtime exited without providing a reason'
          : `Runtime exited with error: exit status ${end.exitCode}`,
      )
    case 'error':
      return end.error
  }
}

/** As JSON: without `trace` when there is none. */
export function errorToJson({ errorType, errorMessage, trace }: FunctionError): JsonValue {
  return { errorType, errorMessage, ...(trace && { trace }) }
}

function ended(errorType: string, requestId: string, reason: string): FunctionError {
  return { errorType, errorMessage: `RequestId: ${requestId} Error: ${reason}` }
}
