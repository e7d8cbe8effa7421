export { DURABLE_OPERATIONS, durableApi, refusing } from './api.ts'
export {
  createDurableExecutions,
  type DurableExecutions,
  type DurableFunction,
  type StartRequest,
} from './durable-executions.ts'
export type { Execution, ExecutionFacts, ExecutionStatus } from './execution.ts'
export { resultOf, withDurableExecutions } from './front.ts'
export { EXECUTION_TIMEOUT_SECONDS, RETENTION_DAYS } from './limits.ts'
export { DURABLE_PARITY } from './parity.ts'
export { statusChange } from './wire.ts'
