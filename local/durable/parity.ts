import { SYSTEM_RETRY_MS } from '../lambda/index.ts'
import type { ServiceParityRow } from '../state/index.ts'
import {
  INITIAL_STATE_BYTES,
  MAX_OPERATION_PAYLOAD_BYTES,
  MAX_OPERATIONS,
  MAX_STORED_BYTES,
  RETENTION_DAYS,
  SYNC_EXECUTION_SECONDS,
} from './limits.ts'

const GUIDE = 'https://docs.aws.amazon.com/lambda/latest/dg/'
const API = 'https://docs.aws.amazon.com/lambda/latest/api/'

export const DURABLE_PARITY: readonly ServiceParityRow[] = [
  row(
    'Steps, waits, conditions, callbacks, child contexts, parallel, map, chained invocations',
    'honoured',
    `${API}API_OperationUpdate.html`,
    'held against the runner of the testing package on the same workflows',
  ),
  row(
    'Checkpoints: tokens, client tokens, transitions, sizes',
    'honoured',
    `${API}API_CheckpointDurableExecution.html`,
    `payloads of ${MAX_OPERATION_PAYLOAD_BYTES.toLocaleString('en-US')} bytes; the texts of refusals are those of the testing package`,
  ),
  row(
    'Operations and bytes of an execution',
    'honoured',
    `${GUIDE}gettingstarted-limits.html`,
    `${MAX_OPERATIONS.toLocaleString('en-US')} operations with their repeats, ${MAX_STORED_BYTES.toLocaleString('en-US')} bytes; what is beyond is refused, which fails the execution`,
  ),
  row(
    'Pages of state',
    'chosen',
    `${API}API_GetDurableExecutionState.html`,
    `an invocation gets up to ${INITIAL_STATE_BYTES.toLocaleString('en-US')} bytes of operations, the others are fetched: AWS gives no number`,
  ),
  row(
    'Callbacks: success, failure, heartbeat, both timeouts',
    'honoured',
    `${API}API_SendDurableExecutionCallbackSuccess.html`,
  ),
  row('Starts by execution name are idempotent', 'honoured', `${GUIDE}durable-execution-idempotency.html`),
  row('An unqualified name is refused', 'honoured', `${GUIDE}durable-invoking.html`),
  row(
    'Synchronous invocations',
    'honoured',
    `${GUIDE}durable-invoking.html`,
    `refused where ExecutionTimeout is over ${SYNC_EXECUTION_SECONDS} s`,
  ),
  row(
    'Events of executions that failed or timed out go to the dead-letter queue',
    'chosen',
    `${GUIDE}durable-invoking.html`,
    'not those that were stopped, and with no further execution: AWS does not say',
  ),
  row(
    'Invocations that end without an answer are tried again until ExecutionTimeout',
    'honoured',
    `${GUIDE}durable-execution-sdk-retries.html`,
    `waits from ${SYSTEM_RETRY_MS.min / 1_000} s, doubled up to ${SYSTEM_RETRY_MS.max / 1_000} s: AWS gives no number`,
  ),
  row(
    'ExecutionTimeout and retention',
    'honoured',
    `${API}API_DurableConfig.html`,
    `by default ${RETENTION_DAYS.default} days`,
  ),
  row('Status changes on the default event bus', 'honoured', `${GUIDE}durable-monitoring.html`),
  row('Encryption with a key of KMS, tenants, X-Ray', 'missing', `${GUIDE}durable-configuration.html`),
  row(
    'Versions and aliases',
    'differs',
    `${GUIDE}configuration-versions.html`,
    'names for the present code: after a change an execution that is under way goes on with the new code, which replays what was recorded',
  ),
  row(
    'A restart of the runtime',
    'chosen',
    `${GUIDE}durable-execution-sdk.html`,
    'executions go on: an invocation that was cut off begins again, time that passed meanwhile counts',
  ),
]

function row(feature: string, state: ServiceParityRow['state'], source: string, note?: string): ServiceParityRow {
  return { feature, state, source, ...(note !== undefined && { note }) }
}
