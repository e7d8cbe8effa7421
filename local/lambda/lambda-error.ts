/** Why a call of the service is refused. Errors of the function itself are no refusal: they come back as a result. */
export type LambdaErrorCode =
  | 'ResourceNotFoundException'
  | 'ResourceConflictException'
  | 'InvalidParameterValueException'
  | 'InvalidRequestContentException'
  | 'RequestEntityTooLarge'
  | 'TooManyRequestsException'
  | 'InitFailed'
  | 'ServiceException'
  | 'ServiceClosed'

/** A refusal, recognised by its `code`. */
export class LambdaError extends Error {
  readonly code: LambdaErrorCode

  constructor(code: LambdaErrorCode, message: string) {
    super(message)
    this.name = 'LambdaError'
    this.code = code
  }
}
