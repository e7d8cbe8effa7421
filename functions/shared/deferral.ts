const DEFERRED = Symbol('deferred')

/** What a route returns instead of a reply when the execution of a workflow gives it later. */
export interface Deferral {
  readonly [DEFERRED]: true
  /** Name of the execution. */
  readonly execution: string
  /** How long repeats wait for it before one of them may start again. */
  readonly keptSeconds: number
}

/** The request is answered by an execution that has been started; to be returned by its route. */
export function deferTo(execution: string, keptSeconds: number): Deferral {
  return { [DEFERRED]: true, execution, keptSeconds }
}

export function isDeferral(value: unknown): value is Deferral {
  return typeof value === 'object' && value !== null && DEFERRED in value
}
