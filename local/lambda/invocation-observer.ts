import type { Invocation } from './host-protocol.ts'

/** Is told of invocations: at once, so it must be quick and must not throw. */
export interface InvocationObserver {
  /** The trace that the event belongs to, 32 hexadecimal digits; undefined where it names none. */
  traceIdOf(invocation: Invocation): string | undefined
  begun(invocation: Invocation & { functionName: string }): void
  /** `errorType` is absent when the function returned; `initDurationMs` there for the first invocation of an environment. */
  ended(facts: {
    requestId: string
    functionName: string
    durationMs: number
    initDurationMs?: number | undefined
    errorType?: string | undefined
  }): void
}
