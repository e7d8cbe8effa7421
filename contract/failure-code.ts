import type { ErrorCode } from './errors.ts'

export type FailureCode = Extract<ErrorCode, 'handler_failed' | 'handler_timed_out' | 'handler_out_of_memory'>

/** Lambda's names of how an invocation ended, and the chain's own for a timeout it saw coming, as codes of ours. */
const CODE_OF_ERROR_TYPE = new Map<string | undefined, FailureCode>([
  ['Sandbox.Timedout', 'handler_timed_out'],
  ['TimeoutError', 'handler_timed_out'],
  ['Runtime.OutOfMemory', 'handler_out_of_memory'],
])

/**
 * What it is to us that an invocation ended with an error of this type and message, as Lambda tells them: in the record of a destination
 * both, in a dead-letter queue the message alone.
 */
export function codeOfFailure({
  errorType,
  errorMessage,
}: {
  errorType?: string | undefined
  errorMessage?: string | undefined
}): FailureCode {
  // Lambda has named a timeout only in the message for most of its life
  if (errorMessage?.includes('Task timed out after')) return 'handler_timed_out'
  // an environment that outgrew its memory is killed, and Lambda may tell only that
  const isExit = errorType === undefined || errorType === 'Runtime.ExitError'
  if (isExit && errorMessage?.includes('signal: killed')) return 'handler_out_of_memory'
  return CODE_OF_ERROR_TYPE.get(errorType) ?? 'handler_failed'
}
