/** https://docs.aws.amazon.com/lambda/latest/api/API_DurableConfig.html */
export const EXECUTION_TIMEOUT_SECONDS = { min: 1, max: 31_622_400 } as const
/** Same page; the default is that of CDK. */
export const RETENTION_DAYS = { min: 1, max: 90, default: 14 } as const
/** https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking.html */
export const SYNC_EXECUTION_SECONDS = 900
/** https://docs.aws.amazon.com/lambda/latest/api/API_OperationUpdate.html */
export const MAX_OPERATION_PAYLOAD_BYTES = 1024 * 1024
/** Same page: all fields of an error together. */
export const MAX_ERROR_BYTES = 1024 * 1024
/** Same page: the result of an execution, by how it was invoked. */
export const MAX_RESULT_BYTES = { synchronous: 6 * 1024 * 1024, asynchronous: 1024 * 1024 } as const
/** https://docs.aws.amazon.com/lambda/latest/api/API_GetDurableExecutionState.html and its siblings */
export const PAGE_ITEMS = { default: 100, max: 1_000 } as const
/** Operations that an invocation's event carries at most, in bytes; the others are fetched. AWS gives no number. */
export const INITIAL_STATE_BYTES = 1024 * 1024
/** Of one execution. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const MAX_OPERATIONS = 3_000
/** Same page: of all payloads and errors of an execution together. */
export const MAX_STORED_BYTES = 100 * 1024 * 1024
/** https://docs.aws.amazon.com/lambda/latest/api/API_CallbackOptions.html */
export const MAX_CALLBACK_SECONDS = 99_999_999
/** https://docs.aws.amazon.com/lambda/latest/api/API_WaitOptions.html */
export const WAIT_SECONDS = { min: 1, max: 31_622_400 } as const
/** https://docs.aws.amazon.com/lambda/latest/api/API_CheckpointDurableExecution.html: how long a repeat is known by its client token. */
export const CLIENT_TOKEN_MS = 15 * 60_000
