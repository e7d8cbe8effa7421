/** HTTP status is 400 for all. https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html and its siblings */
export type StatesErrorCode =
  | 'ExecutionAlreadyExists'
  | 'ExecutionDoesNotExist'
  | 'InvalidDefinition'
  | 'InvalidExecutionInput'
  | 'InvalidName'
  | 'InvalidOutput'
  | 'InvalidToken'
  | 'StateMachineDoesNotExist'
  | 'TaskDoesNotExist'
  | 'TaskTimedOut'
  | 'ValidationException'

/** A refusal, recognised by its `code`. */
export class StatesError extends Error {
  override readonly name = 'StatesError'
  readonly code: StatesErrorCode

  constructor(code: StatesErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
