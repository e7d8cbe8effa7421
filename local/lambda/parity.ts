import type { ServiceParityRow } from '../state/index.ts'
import { RETRY_DELAYS_MS, SYSTEM_RETRY_MS } from './event-queue.ts'
import { INIT_TIMEOUT_SECONDS, MAX_RESPONSE_BYTES } from './function-worker.ts'
import { MAX_ASYNC_EVENT_BYTES, MAX_SYNC_EVENT_BYTES } from './lambda-service.ts'

const GUIDE = 'https://docs.aws.amazon.com/lambda/latest/dg/'
const seconds = (ms: number) => `${ms / 1_000} s`
const bytes = (count: number) => `${count.toLocaleString('en-US')} bytes`

export const LAMBDA_PARITY: readonly ServiceParityRow[] = [
  row('Invoke: RequestResponse, Event and DryRun', 'honoured', 'lambda-invocation.html'),
  row(
    'Sizes of events and answers',
    'honoured',
    'gettingstarted-limits.html',
    `${bytes(MAX_SYNC_EVENT_BYTES)}, ${bytes(MAX_ASYNC_EVENT_BYTES)} for asynchronous ones, ${bytes(MAX_RESPONSE_BYTES)} of an answer`,
  ),
  row(
    'Asynchronous events: stored, retried, given up by age',
    'honoured',
    'invocation-async-error-handling.html',
    `waits of ${RETRY_DELAYS_MS.map(seconds).join(' and ')}; after system errors from ${seconds(SYSTEM_RETRY_MS.min)}, doubled up to ${seconds(SYSTEM_RETRY_MS.max)}`,
  ),
  row(
    'An event may be handed over twice',
    'honoured',
    'invocation-async.html',
    'after the end of a runtime; in tests on purpose',
  ),
  row(
    'Destinations and their record; dead-letter queue with its attributes',
    'honoured',
    'invocation-async-retain-records.html',
  ),
  row(
    'Retries of a destination',
    'chosen',
    'invocation-async-retain-records.html',
    'three, after 1, 2 and 4 s: AWS gives no number',
  ),
  row('Reserved concurrency, 0 included', 'honoured', 'configuration-concurrency.html'),
  row(
    'Concurrency without a reservation',
    'differs',
    'lambda-concurrency.html',
    'eight environments a function; more invocations wait where AWS would start more',
  ),
  row('Provisioned concurrency, layers, extensions, SnapStart', 'missing', 'lambda-functions.html'),
  row(
    'Versions and aliases',
    'differs',
    'configuration-versions.html',
    'names under which the present code is invoked; permissions and grants are those of the name',
  ),
  row('Event source mappings, function URLs, response streaming', 'missing', 'lambda-invocation.html'),
  row(
    'Cold and warm environments, kept for five idle minutes',
    'chosen',
    'lambda-runtime-environment.html',
    'AWS promises no time',
  ),
  row(
    'Timeout; init of at most 10 s',
    'honoured',
    'lambda-runtime-environment.html',
    `init ${INIT_TIMEOUT_SECONDS} s; V8 cannot interrupt every loop of built-ins`,
  ),
  row(
    'Memory',
    'differs',
    'configuration-memory.html',
    'bounds the heap, not buffers; one huge allocation ends the whole runtime',
  ),
  row('Context, reserved variables, TZ, unhandled rejections, callbacks refused', 'honoured', 'nodejs-context.html'),
  row('Errors: type, message, trace; Unhandled', 'honoured', 'nodejs-exceptions.html'),
  row('Log lines START, END, REPORT', 'honoured', 'nodejs-logging.html', 'there is no INIT_START line'),
  row(
    '/tmp',
    'differs',
    'configuration-ephemeral-storage.html',
    '`os.tmpdir()` is a folder of the environment; the literal path `/tmp` is shared by all',
  ),
  row('Node.js', 'differs', 'lambda-runtimes.html', 'the version that runs the bridge, in threads of one process'),
  row(
    'A function that is changed',
    'honoured',
    'configuration-function-zip.html',
    'running invocations end on the old code, queued events go on with the new one',
  ),
  row('Permissions of a function, with source ARN and account', 'honoured', 'access-control-resource-based.html'),
]

function row(feature: string, state: ServiceParityRow['state'], page: string, note?: string): ServiceParityRow {
  return { feature, state, source: GUIDE + page, ...(note !== undefined && { note }) }
}
