import type { Clock } from '../state/index.ts'
import type { FunctionDefinition } from './function-definition.ts'
import { type EnvironmentEnd, errorOfEnd, type FunctionError } from './function-error.ts'
import { type FunctionWorker, type InvocationResult, startFunctionWorker } from './function-worker.ts'
import type { Invocation } from './host-protocol.ts'
import type { InvocationObserver } from './invocation-observer.ts'
import { LambdaError } from './lambda-error.ts'
import { endLine, type LogLine, reportLine, startLine } from './log-lines.ts'

/** An environment without work ends after this time; Lambda promises none, and keeps one for minutes. */
export const IDLE_WORKER_MS = 5 * 60_000

/** What an invocation came to. */
export type Outcome = { ok: true; payloadJson: string } | { ok: false; error: FunctionError }

/** The environments of one function. */
export interface WorkerPool {
  /** How many invocations run at most at a time. */
  readonly limit: number
  /**
   * Runs one invocation as soon as an environment is free. An error of the function is an outcome; the promise rejects
   * with `TooManyRequestsException` when the reserved concurrency is used up, with `ServiceException` and with `ServiceClosed`.
   */
  submit(invocation: Invocation): Promise<Outcome>
  /** Loads one environment ahead of the first invocation. Rejects with `InitFailed` or `ServiceException`. */
  warm(): Promise<void>
  figures(): { running: number; waiting: number; workers: number; coldStarts: number }
  /** Lets what runs come to its end and begins nothing more; `jobs` are those that wait, for the pool that comes after. */
  retire(): { jobs: Job[]; ended: Promise<void> }
  /** Takes over the jobs of a pool that was retired. */
  adopt(jobs: readonly Job[]): void
  close(): Promise<void>
}

interface Slot {
  worker: FunctionWorker
  /** Reported with the first invocation. */
  initDurationMs: number | undefined
  cancelIdleEnd: () => void
}

export interface Job extends Invocation {
  resolve: (outcome: Outcome) => void
  reject: (error: LambdaError) => void
}

/**
 * Keeps environments for one function: a free one is used again (the last one first, so that others may end), another is
 * started when all are busy. Over the reserved concurrency invocations are throttled. Without one they wait here in order, where Lambda
 * would start more environments: one machine is no measure of an account's concurrency.
 */
export function createWorkerPool(options: {
  definition: FunctionDefinition
  maxWorkers: number
  clock: Clock
  newId: () => string
  onLogLine: (line: LogLine) => void
  observer?: InvocationObserver | undefined
  onLost: (end: EnvironmentEnd) => void
}): WorkerPool {
  const { definition, clock, newId, onLogLine, observer } = options
  const { functionName, memoryMb } = definition
  const limit = Math.min(options.maxWorkers, definition.reservedConcurrency ?? Number.POSITIVE_INFINITY)
  const slots = new Set<Slot>()
  const idle: Slot[] = []
  const waiting: Job[] = []
  const ending = new Set<Promise<void>>()
  let starting = 0
  let running = 0
  let coldStarts = 0
  let closed = false
  const retired = Promise.withResolvers<void>()
  let isRetired = false

  function submit(invocation: Invocation): Promise<Outcome> {
    if (closed) return Promise.reject(closedError())
    const { reservedConcurrency } = definition
    if (reservedConcurrency !== undefined && running + waiting.length >= reservedConcurrency) {
      const message = `Rate Exceeded: the reserved concurrency of ${functionName} is ${reservedConcurrency}`
      return Promise.reject(new LambdaError('TooManyRequestsException', message))
    }
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
    waiting.push({ ...invocation, resolve, reject })
    dispatch()
    return promise
  }

  function dispatch(): void {
    while (waiting.length > 0) {
      const slot = idle.pop()
      if (!slot) break
      slot.cancelIdleEnd()
      const job = waiting.shift()
      if (job) void execute(slot, job)
    }
    // An environment freed in the meantime may take the invocation that another one is being started for.
    while (starting < waiting.length && slots.size < limit) void start()
  }

  async function start(): Promise<LambdaError | undefined> {
    coldStarts += 1
    const startedAt = performance.now()
    let slot: Slot
    try {
      slot = { worker: startWorker(() => lose(slot)), initDurationMs: undefined, cancelIdleEnd: () => {} }
    } catch (error) {
      const failure = new LambdaError('ServiceException', `No thread can be started for ${functionName}: ${error}`)
      waiting.shift()?.reject(failure)
      return failure
    }
    starting += 1
    slots.add(slot)
    const end = await slot.worker.ready
    starting -= 1
    if (end) {
      discard(slot)
      const job = waiting.shift()
      if (job) failInit(job, end, performance.now() - startedAt)
    } else if (!closed) {
      slot.initDurationMs = performance.now() - startedAt
      free(slot)
    }
    dispatch()
    if (isRetired) endIdle()
    return end && new LambdaError('InitFailed', initFailure(functionName, end))
  }

  function startWorker(onLost: () => void): FunctionWorker {
    const day = new Date(clock.nowMs()).toISOString().slice(0, 10).replaceAll('-', '/')
    return startFunctionWorker({
      definition,
      logStreamName: `${day}/[$LATEST]${newId().replaceAll('-', '')}`,
      onLog: (text, requestId) => onLogLine({ functionName, requestId, text }),
      onLost: (end) => {
        onLost()
        if (!closed) options.onLost(end)
      },
    })
  }

  async function execute(slot: Slot, job: Job): Promise<void> {
    const { requestId } = job
    const { initDurationMs } = slot
    slot.initDurationMs = undefined
    running += 1
    observer?.begun({ ...job, functionName })
    onLogLine({ functionName, requestId, text: startLine(requestId) })
    const startedAt = performance.now()
    const traceId = observer?.traceIdOf(job) ?? newId().replaceAll('-', '')
    const result = await slot.worker.run({ ...job, traceId })
    running -= 1
    if (closed) return job.reject(closedError())

    const outcome = outcomeOf(result, requestId)
    report({ requestId, result, outcome, durationMs: performance.now() - startedAt, initDurationMs })
    if (result.kind === 'end') discard(slot)
    else free(slot)
    job.resolve(outcome)
    dispatch()
    if (isRetired) endIdle()
  }

  /** A retired pool ends with its last environment. */
  function endIdle(): void {
    for (const slot of [...idle]) discard(slot)
    if (running === 0 && starting === 0) void Promise.all(ending).then(() => retired.resolve())
  }

  function failInit(job: Job, end: EnvironmentEnd, initDurationMs: number): void {
    const { requestId } = job
    if (closed) {
      job.reject(closedError())
      return
    }
    const outcome = { ok: false as const, error: errorOfEnd(end, requestId) }
    onLogLine({ functionName, requestId, text: startLine(requestId) })
    observer?.begun({ ...job, functionName })
    report({ requestId, result: { kind: 'end', end }, outcome, durationMs: 0, initDurationMs })
    job.resolve(outcome)
  }

  function report(figures: {
    requestId: string
    result: InvocationResult
    outcome: Outcome
    durationMs: number
    initDurationMs: number | undefined
  }): void {
    const { requestId, result, outcome, durationMs, initDurationMs } = figures
    const timedOut = result.kind === 'end' && result.end.kind === 'timeout'
    if (!outcome.ok && result.kind === 'end' && result.end.kind !== 'error') {
      onLogLine({
        functionName,
        requestId,
        text: `${new Date(clock.nowMs()).toISOString()} ${outcome.error.errorMessage}`,
      })
    }
    onLogLine({ functionName, requestId, text: endLine(requestId) })
    const failure =
      !outcome.ok && result.kind === 'end'
        ? { status: timedOut ? ('timeout' as const) : ('error' as const), errorType: outcome.error.errorType }
        : undefined
    const { heapUsedBytes } = result
    const text = reportLine({ requestId, memoryMb, durationMs, initDurationMs, heapUsedBytes, failure })
    onLogLine({ functionName, requestId, text })
    const errorType = outcome.ok ? undefined : outcome.error.errorType
    observer?.ended({ requestId, functionName, durationMs, initDurationMs, errorType })
  }

  function free(slot: Slot): void {
    slot.cancelIdleEnd = clock.after(IDLE_WORKER_MS, () => discard(slot))
    idle.push(slot)
  }

  function lose(slot: Slot): void {
    discard(slot)
    dispatch()
  }

  function discard(slot: Slot): void {
    slot.cancelIdleEnd()
    slots.delete(slot)
    const position = idle.indexOf(slot)
    if (position >= 0) idle.splice(position, 1)
    const ended = slot.worker.terminate().finally(() => ending.delete(ended))
    ending.add(ended)
  }

  return {
    limit,
    submit,
    async warm() {
      if (closed) throw closedError()
      if (limit === 0) return
      const [slot] = slots
      if (!slot) {
        const failure = await start()
        if (failure) throw failure
        return
      }
      const end = await slot.worker.ready
      if (end) throw new LambdaError('InitFailed', initFailure(functionName, end))
    },
    figures: () => ({ running, waiting: waiting.length, workers: slots.size, coldStarts }),
    retire() {
      isRetired = true
      const jobs = waiting.splice(0)
      endIdle()
      return { jobs, ended: retired.promise }
    },
    adopt(jobs) {
      waiting.push(...jobs)
      dispatch()
    },
    async close() {
      closed = true
      for (const job of waiting.splice(0)) job.reject(closedError())
      for (const slot of slots) discard(slot)
      await Promise.all(ending)
      retired.resolve()
    },
  }
}

function outcomeOf(result: InvocationResult, requestId: string): Outcome {
  switch (result.kind) {
    case 'success':
      return { ok: true, payloadJson: result.payloadJson }
    case 'error':
      return { ok: false, error: result.error }
    case 'end':
      return { ok: false, error: errorOfEnd(result.end, requestId) }
  }
}

function initFailure(functionName: string, end: EnvironmentEnd): string {
  const { errorType, errorMessage } = errorOfEnd(end, 'none')
  return `${functionName} cannot be loaded: ${errorType}: ${errorMessage}`
}

function closedError(): LambdaError {
  return new LambdaError('ServiceClosed', 'The Lambda service is closed')
}
