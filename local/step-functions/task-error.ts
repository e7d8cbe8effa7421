/** Why a task failed: what `Catch` and `Retry` see. */
export class TaskError extends Error {
  constructor(error: string, cause: string) {
    super(cause)
    this.name = error
  }
}

/** What an execution that failed shows. */
export interface Failure {
  error: string
  cause: string
}

export function failureOf(error: unknown): Failure {
  return error instanceof Error
    ? { error: error.name, cause: error.message }
    : { error: 'States.Runtime', cause: String(error) }
}
