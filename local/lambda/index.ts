export { DELIVERY_RETRY_DELAYS_MS, type Deliver, type DeliverySource } from './delivery-queue.ts'
export type { DestinationCondition, DestinationRecord } from './destination-record.ts'
export { createDueWork, type DueWork } from './due-work.ts'
export { RETRY_DELAYS_MS, SYSTEM_RETRY_MS } from './event-queue.ts'
export type { AsyncSettings, FunctionDefinition } from './function-definition.ts'
export type { FunctionError } from './function-error.ts'
export { type FunctionReference, readFunctionReference } from './function-reference.ts'
export { createFunctionVersions, type FunctionVersions, LATEST } from './function-versions.ts'
export { INIT_TIMEOUT_SECONDS, MAX_RESPONSE_BYTES } from './function-worker.ts'
export type { InvocationObserver } from './invocation-observer.ts'
export type { JsonValue } from './json.ts'
export { LambdaError, type LambdaErrorCode } from './lambda-error.ts'
export {
  createLambdaService,
  type FunctionStats,
  type InvokeResult,
  type LambdaService,
  MAX_ASYNC_EVENT_BYTES,
  MAX_SYNC_EVENT_BYTES,
} from './lambda-service.ts'
export type { LogEntry } from './log-entry.ts'
export type { LogLine } from './log-lines.ts'
export { LAMBDA_PARITY } from './parity.ts'
export { IDLE_WORKER_MS } from './worker-pool.ts'
export { readXrayHeader, spanOf } from './xray-header.ts'
