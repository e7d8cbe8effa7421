import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { type Clock, createSystemClock } from '../state/index.ts'
import { createDeliveryQueue, type Deliver } from './delivery-queue.ts'
import type { DueWork } from './due-work.ts'
import { createEventQueue } from './event-queue.ts'
import { createEventStore, type StoredEvent } from './event-store.ts'
import { createFunctionCounters, type FunctionCounters } from './function-counters.ts'
import {
  type AsyncSettings,
  type CheckedAsyncSettings,
  checkDefinition,
  checkedSettings,
  type FunctionDefinition,
} from './function-definition.ts'
import { errorToJson } from './function-error.ts'
import type { JsonValue } from './json.ts'
import { LambdaError } from './lambda-error.ts'
import type { LogEntry } from './log-entry.ts'
import type { LogLine } from './log-lines.ts'
import { createWorkerPool, type Outcome, type WorkerPool } from './worker-pool.ts'

/** The largest event of a synchronous invocation. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const MAX_SYNC_EVENT_BYTES = 6_291_456
/** The largest event of an asynchronous invocation, 256 KB until late 2025. Same page. */
export const MAX_ASYNC_EVENT_BYTES = 1024 * 1024

/** The answer to a synchronous invocation. */
export interface InvokeResult {
  statusCode: 200
  /** What the function returned, null for nothing; with `functionError`, the error. */
  payload: JsonValue
  functionError?: 'Unhandled'
  requestId: string
}

/** Counts of one function since the start of the service, and what it has at work. */
export interface FunctionStats extends FunctionCounters {
  running: number
  waiting: number
  workers: number
  coldStarts: number
  /** Asynchronous events not yet done with. */
  queued: number
}

/** Functions by name or ARN. Methods throw or reject with `LambdaError`. */
export interface LambdaService extends AsyncDisposable {
  /** `InvalidParameterValueException`, `ResourceConflictException`. */
  define(definition: FunctionDefinition): void
  /** Replaces the settings for asynchronous events. `InvalidParameterValueException`, `ResourceNotFoundException`. */
  configureAsync(functionName: string, settings: AsyncSettings): void
  /**
   * Runs the function and waits. An error of the function is a result. Rejects with `ResourceNotFoundException`,
   * `RequestEntityTooLarge` (6 MB), `TooManyRequestsException` (reserved concurrency 0), `ServiceException`, `ServiceClosed`.
   */
  invoke(functionName: string, payload: JsonValue, options?: { requestId?: string | undefined }): Promise<InvokeResult>
  /** Resolves once the event is stored. `ResourceNotFoundException`, `RequestEntityTooLarge` (1 MB), `ServiceClosed`. */
  invokeAsync(functionName: string, payload: JsonValue): Promise<{ requestId: string }>
  /** Begins to work on stored events, those of an earlier run included; call it when all functions are defined. */
  start(): void
  /** Resolves when nothing is running, queued (retries to come included) or to be delivered. */
  idle(): Promise<void>
  /** Loads one environment ahead of need. `InitFailed`, `ServiceException`, `ResourceNotFoundException`. */
  warm(functionName: string): Promise<void>
  stats(): Record<string, FunctionStats>
  /** Ends all environments at once. What they were running asynchronously is taken up by the next start. */
  close(): Promise<void>
}

interface FunctionEntry {
  definition: FunctionDefinition
  settings: CheckedAsyncSettings
  pool: WorkerPool
  counters: FunctionCounters
  events: DueWork<StoredEvent>
}

/**
 * Runs bundled functions in worker threads, with an asynchronous queue in `db` that survives `kill -9`: every event
 * handed over is run at least once, under one request id. Close the service before the database.
 */
export function createLambdaService(options: {
  db: DatabaseSync
  deliver: Deliver
  log: (entry: LogEntry) => void
  onLogLine?: ((line: LogLine) => void) | undefined
  clock?: Clock | undefined
  newId?: (() => string) | undefined
  /** Default 8. */
  maxWorkersPerFunction?: number | undefined
}): LambdaService {
  const { db, deliver, log, onLogLine = () => {}, clock = createSystemClock(), newId = randomUUID } = options
  const { maxWorkersPerFunction = 8 } = options
  const store = createEventStore(db)
  const entries = new Map<string, FunctionEntry>()
  const idleWaiters: (() => void)[] = []
  let started = false
  let closed = false
  let invoking = 0

  const deliveries = createDeliveryQueue({
    store,
    clock,
    deliver,
    definitionOf: (functionName) => entries.get(functionName)?.definition,
    countersOf: (functionName) => entries.get(functionName)?.counters,
    log,
    onSettled,
    isClosed: () => closed,
  })

  function define(definition: FunctionDefinition): void {
    checkDefinition(definition)
    const { functionName } = definition
    if (entries.has(functionName)) {
      throw new LambdaError('ResourceConflictException', `Function already exist: ${functionName}`)
    }
    const counters = createFunctionCounters()
    const pool = createWorkerPool({
      definition,
      maxWorkers: maxWorkersPerFunction,
      clock,
      newId,
      onLogLine,
      onLost(end) {
        const message = `An environment ended between invocations (${end.kind}); the next one starts another`
        log({ level: 'warn', code: 'ENVIRONMENT_LOST', message, functionName })
      },
    })
    const events = createEventQueue({
      definition,
      settings: () => entry.settings,
      limit: pool.limit,
      store,
      counters,
      clock,
      log,
      invoke: (invocation) => submit(entry, invocation),
      onDeliveries(stored) {
        for (const delivery of stored) deliveries.offer(delivery)
      },
      onSettled,
    })
    const entry: FunctionEntry = { definition, settings: checkedSettings({}), pool, counters, events }
    entries.set(functionName, entry)
    if (started) events.start()
  }

  async function submit(entry: FunctionEntry, invocation: { requestId: string; eventJson: string }): Promise<Outcome> {
    try {
      const outcome = await entry.pool.submit(invocation)
      entry.counters.invocations += 1
      if (!outcome.ok) entry.counters.errors += 1
      return outcome
    } catch (error) {
      if (error instanceof LambdaError && error.code === 'TooManyRequestsException') entry.counters.throttles += 1
      throw error
    }
  }

  async function invoke(
    nameOrArn: string,
    payload: JsonValue,
    { requestId = newId() }: { requestId?: string | undefined } = {},
  ): Promise<InvokeResult> {
    const entry = entryOf(nameOrArn)
    const eventJson = eventJsonOf(payload, MAX_SYNC_EVENT_BYTES)
    invoking += 1
    try {
      const outcome = await submit(entry, { requestId, eventJson })
      if (outcome.ok) return { statusCode: 200, payload: JSON.parse(outcome.payloadJson), requestId }
      return { statusCode: 200, payload: errorToJson(outcome.error), functionError: 'Unhandled', requestId }
    } finally {
      invoking -= 1
      onSettled()
    }
  }

  async function invokeAsync(nameOrArn: string, payload: JsonValue): Promise<{ requestId: string }> {
    const { definition, counters, events } = entryOf(nameOrArn)
    const payloadJson = eventJsonOf(payload, MAX_ASYNC_EVENT_BYTES)
    const { functionName } = definition
    const nowMs = clock.nowMs()
    const event = {
      ...{ requestId: newId(), functionName, payloadJson },
      ...{ enqueuedAtMs: nowMs, dueAtMs: nowMs, attempts: 0, delays: 0 },
    }
    store.addEvent(event)
    counters.asyncEventsReceived += 1
    events.offer(event)
    return { requestId: event.requestId }
  }

  function entryOf(nameOrArn: string): FunctionEntry {
    if (closed) throw new LambdaError('ServiceClosed', 'The Lambda service is closed')
    const functionName = nameOrArn.startsWith('arn:') ? nameOrArn.split(':')[6] : nameOrArn
    const entry = functionName === undefined ? undefined : entries.get(functionName)
    if (!entry) throw new LambdaError('ResourceNotFoundException', `Function not found: ${nameOrArn}`)
    return entry
  }

  function start(): void {
    if (started || closed) return
    started = true
    for (const functionName of store.functionNames()) {
      if (entries.has(functionName)) continue
      const message = `${store.countEvents(functionName)} stored events wait for a function that is not defined`
      log({ level: 'warn', code: 'EVENTS_WITHOUT_FUNCTION', message, functionName })
    }
    deliveries.start()
    for (const { events } of entries.values()) events.start()
  }

  function isIdle(): boolean {
    if (invoking > 0 || deliveries.active() > 0) return false
    for (const [functionName, { events }] of entries) {
      if (events.active() > 0 || store.countEvents(functionName) > 0) return false
    }
    return store.countDeliveries() === 0
  }

  function onSettled(): void {
    if (idleWaiters.length === 0 || (!closed && !isIdle())) return
    for (const resolve of idleWaiters.splice(0)) resolve()
  }

  function statsOf(functionName: string, { counters, pool }: FunctionEntry): FunctionStats {
    return { ...counters, ...pool.figures(), queued: store.countEvents(functionName) }
  }

  async function close(): Promise<void> {
    closed = true
    const all = [...entries.values()]
    await Promise.all(all.map(({ pool }) => pool.close()))
    await Promise.all([deliveries, ...all.map(({ events }) => events)].map((work) => work.close()))
    onSettled()
  }

  return {
    define,
    configureAsync(nameOrArn, settings) {
      entryOf(nameOrArn).settings = checkedSettings(settings)
    },
    invoke,
    invokeAsync,
    start,
    async idle() {
      if (closed || isIdle()) return
      await new Promise<void>((resolve) => {
        idleWaiters.push(resolve)
      })
    },
    async warm(nameOrArn) {
      await entryOf(nameOrArn).pool.warm()
    },
    stats: () => Object.fromEntries([...entries].map(([name, entry]) => [name, statsOf(name, entry)])),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function eventJsonOf(payload: JsonValue, maxBytes: number): string {
  const eventJson: string | undefined = JSON.stringify(payload)
  if (eventJson === undefined) {
    throw new LambdaError('InvalidRequestContentException', `Expected a JSON value as payload, got ${typeof payload}`)
  }
  const bytes = Buffer.byteLength(eventJson)
  if (bytes <= maxBytes) return eventJson
  throw new LambdaError('RequestEntityTooLarge', `Expected an event of at most ${maxBytes} bytes, got ${bytes}`)
}
