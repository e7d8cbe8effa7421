import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { type Clock, createSystemClock } from '../state/index.ts'
import { createFunction, type DefinedFunction } from './defined-function.ts'
import { deliveryId } from './delivery-id.ts'
import { createDeliveryQueue, type Deliver } from './delivery-queue.ts'
import { createEventStore } from './event-store.ts'
import type { FunctionCounters } from './function-counters.ts'
import { type AsyncSettings, checkDefinition, checkedSettings, type FunctionDefinition } from './function-definition.ts'
import { errorToJson } from './function-error.ts'
import type { InvocationObserver } from './invocation-observer.ts'
import type { JsonValue } from './json.ts'
import { LambdaError } from './lambda-error.ts'
import type { LogEntry } from './log-entry.ts'
import type { LogLine } from './log-lines.ts'

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
  /**
   * Another definition of a function. What runs ends in the environments it began in; everything after, queued events included, runs by
   * the new one. Settings for asynchronous events stay. `InvalidParameterValueException`, `ResourceNotFoundException`.
   */
  redefine(definition: FunctionDefinition): void
  /** What runs may end; queued events stay stored for a function of that name. `ResourceNotFoundException`. */
  remove(functionName: string): void
  /** Folders of code that something may still be loaded from. */
  codePaths(): string[]
  /** Replaces the settings for asynchronous events. `InvalidParameterValueException`, `ResourceNotFoundException`. */
  configureAsync(functionName: string, settings: AsyncSettings): void
  /**
   * Runs the function and waits. An error of the function is a result. Rejects with `ResourceNotFoundException`,
   * `RequestEntityTooLarge` (6 MB), `TooManyRequestsException` (reserved concurrency used up), `ServiceException`, `ServiceClosed`.
   */
  invoke(functionName: string, payload: JsonValue, options?: { requestId?: string | undefined }): Promise<InvokeResult>
  /** Resolves once the event is stored. `ResourceNotFoundException`, `RequestEntityTooLarge` (1 MB), `ServiceClosed`. */
  invokeAsync(functionName: string, payload: JsonValue): Promise<{ requestId: string }>
  /** Begins to work on stored events, those of an earlier run included; call it when all functions are defined. */
  start(): void
  /** Whether nothing is running, queued (retries to come included) or to be delivered. */
  isIdle(): boolean
  /** Resolves when nothing is running, queued (retries to come included) or to be delivered. */
  idle(): Promise<void>
  /** Loads one environment ahead of need. `InitFailed`, `ServiceException`, `ResourceNotFoundException`. */
  warm(functionName: string): Promise<void>
  stats(): Record<string, FunctionStats>
  /** Ends all environments at once. What they were running asynchronously is taken up by the next start. */
  close(): Promise<void>
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
  /** Default: nobody. */
  observer?: InvocationObserver | undefined
  clock?: Clock | undefined
  newId?: (() => string) | undefined
  /** Default 8. */
  maxWorkersPerFunction?: number | undefined
  /** For tests of idempotency: how often an event is handed over beyond the first time, as Lambda's queue may do at any time. Default 0. */
  duplicatesOf?: ((functionName: string) => number) | undefined
}): LambdaService {
  const { db, deliver, log, onLogLine = () => {}, clock = createSystemClock(), newId = randomUUID } = options
  const { maxWorkersPerFunction = 8, duplicatesOf = () => 0 } = options
  const store = createEventStore(db)
  const entries = new Map<string, DefinedFunction>()
  /** Removed ones that still have work, by themselves and by name. */
  const removed = new Set<DefinedFunction>()
  const leaving = new Map<string, Promise<void>>()
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
    const entry = createFunction(definition, {
      maxWorkers: maxWorkersPerFunction,
      store,
      clock,
      newId,
      log,
      onLogLine,
      observer: options.observer,
      onDeliveries(stored) {
        for (const delivery of stored) deliveries.offer(delivery)
      },
      onSettled,
    })
    entries.set(functionName, entry)
    if (!started) return
    // what the one of this name before it has at work is still stored: looked at earlier, it would be run twice
    const before = leaving.get(functionName)
    if (before === undefined) entry.events.start()
    else void before.then(() => entries.get(functionName) === entry && !closed && entry.events.start())
  }

  function redefine(definition: FunctionDefinition): void {
    checkDefinition(definition)
    entryOf(definition.functionName).redefine(definition)
  }

  function remove(nameOrArn: string): void {
    const entry = entryOf(nameOrArn)
    const { functionName } = entry.definition
    entries.delete(functionName)
    const left = Promise.all([leaving.get(functionName), entry.remove()]).then(() => {
      if (leaving.get(functionName) === left) leaving.delete(functionName)
    })
    leaving.set(functionName, left)
    removed.add(entry)
    void left.then(() => removed.delete(entry)).then(onSettled)
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
      const functionArn = invokedArn(entry.definition, nameOrArn)
      const outcome = await entry.submit({ requestId, eventJson, functionArn })
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
    const requestId = newId()
    counters.asyncEventsReceived += 1
    for (let copy = 0; copy <= duplicatesOf(functionName); copy += 1) {
      const event = {
        ...{ requestId: deliveryId(requestId, copy), functionName, payloadJson },
        ...{ enqueuedAtMs: nowMs, dueAtMs: nowMs, attempts: 0, delays: 0 },
      }
      store.addEvent(event)
      events.offer(event)
    }
    return { requestId }
  }

  function entryOf(nameOrArn: string): DefinedFunction {
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
    if (invoking > 0 || deliveries.active() > 0 || removed.size > 0) return false
    for (const [functionName, { events }] of entries) {
      if (events.active() > 0 || store.countEvents(functionName) > 0) return false
    }
    return store.countDeliveries() === 0
  }

  function onSettled(): void {
    if (idleWaiters.length === 0 || (!closed && !isIdle())) return
    for (const resolve of idleWaiters.splice(0)) resolve()
  }

  function statsOf(functionName: string, entry: DefinedFunction): FunctionStats {
    return { ...entry.counters, ...entry.figures(), queued: store.countEvents(functionName) }
  }

  async function close(): Promise<void> {
    closed = true
    const all = [...entries.values(), ...removed]
    // the queues first: they would hand what waits to closed pools, again and again
    const queues = [deliveries, ...all.map(({ events }) => events)].map((work) => work.close())
    await Promise.all([...queues, ...all.map((entry) => entry.close())])
    onSettled()
  }

  return {
    define,
    redefine,
    remove,
    codePaths: () => [...entries.values(), ...removed].flatMap((entry) => entry.codePaths()),
    configureAsync(nameOrArn, settings) {
      entryOf(nameOrArn).settings = checkedSettings(settings)
    },
    invoke,
    invokeAsync,
    start,
    isIdle,
    async idle() {
      if (closed || isIdle()) return
      await new Promise<void>((resolve) => {
        idleWaiters.push(resolve)
      })
    },
    async warm(nameOrArn) {
      await entryOf(nameOrArn).warm()
    },
    stats: () => Object.fromEntries([...entries].map(([name, entry]) => [name, statsOf(name, entry)])),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** The ARN that the caller named, with the version if it named one. */
function invokedArn({ functionArn }: FunctionDefinition, nameOrArn: string): string {
  return nameOrArn.startsWith(`${functionArn}:`) ? nameOrArn : functionArn
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
