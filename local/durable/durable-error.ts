/** HTTP status by AWS's name of the error. */
const STATUS = {
  InvalidParameterValueException: 400,
  ValidationException: 400,
  CallbackTimeoutException: 400,
  ResourceNotFoundException: 404,
  DurableExecutionAlreadyStartedException: 409,
  RequestTooLargeException: 413,
} as const

export type DurableErrorCode = keyof typeof STATUS

/** A refusal, recognised by its `code`, with AWS's own text where it is known. */
export class DurableError extends Error {
  override readonly name = 'DurableError'
  readonly code: DurableErrorCode

  constructor(code: DurableErrorCode, message: string) {
    super(message)
    this.code = code
  }

  get statusCode(): number {
    return STATUS[this.code]
  }
}

export function invalid(message: string): DurableError {
  return new DurableError('InvalidParameterValueException', message)
}
