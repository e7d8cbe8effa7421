import type { FunctionError } from './function-error.ts'

/** What the host in the worker is started with. */
export interface HostSettings {
  codePath: string
  handler: string
  functionArn: string
  maxResponseBytes: number
}

/** One invocation, sent to the host. */
export interface InvokeMessage {
  requestId: string
  eventJson: string
  timeoutMs: number
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
