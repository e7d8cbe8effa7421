/** What can be wrong with a state file. */
export type StateErrorCode = 'STATE_IN_USE' | 'STATE_UNREADABLE' | 'STATE_TOO_NEW'

/** An error of the state file, recognised by its `code`. */
export class StateError extends Error {
  readonly code: StateErrorCode

  constructor(code: StateErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'StateError'
    this.code = code
  }
}
