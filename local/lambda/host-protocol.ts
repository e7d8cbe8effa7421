import type { FunctionError } from './function-error.ts'

/** What the host in the worker is started with. */
export interface HostSettings {
  codePath: string
  handler: string
  maxResponseBytes: number
}

/** One invocation. */
export interface Invocation {
  requestId: string
  eventJson: string
  /** As the caller named it, perhaps with a version. */
  functionArn: string
}

/** One invocation, sent to the host. */
export interface InvokeMessage extends Invocation {
  timeoutMs: number
  /** Value of `_X_AMZN_TRACE_ID`. */
  traceHeader: string
}

/** An invocation in its trace, 32 hexadecimal digits. */
export interface TracedInvocation extends Invocation {
  traceId: string
}

/** What the host sends back. `invokeError` leaves the environment in use, `fatal` and `initError` end it. */
export type HostMessage =
  | { type: 'booted' }
  | { type: 'ready' }
  | { type: 'initError'; error: FunctionError }
  | { type: 'result'; payloadJson: string; heapUsedBytes: number }
  | { type: 'invokeError'; error: FunctionError; heapUsedBytes: number }
  | { type: 'fatal'; error: FunctionError }
  | { type: 'log'; requestId: string | undefined; text: string }
