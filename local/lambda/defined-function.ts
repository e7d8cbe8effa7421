import type { Clock } from '../state/index.ts'
import type { DueWork } from './due-work.ts'
import { createEventQueue } from './event-queue.ts'
import type { EventStore, StoredDelivery, StoredEvent } from './event-store.ts'
import { createFunctionCounters, type FunctionCounters } from './function-counters.ts'
import { type CheckedAsyncSettings, checkedSettings, type FunctionDefinition } from './function-definition.ts'
import type { Invocation } from './host-protocol.ts'
import type { InvocationObserver } from './invocation-observer.ts'
import { LambdaError } from './lambda-error.ts'
import type { LogEntry } from './log-entry.ts'
import type { LogLine } from './log-lines.ts'
import { createWorkerPool, type Outcome, type WorkerPool } from './worker-pool.ts'

/** A function as it is defined now, its environments and its queue. */
export interface DefinedFunction {
  readonly definition: FunctionDefinition
  settings: CheckedAsyncSettings
  readonly counters: FunctionCounters
  readonly events: DueWork<StoredEvent>
  submit(invocation: Invocation): Promise<Outcome>
  /** What runs ends in the environments it began in; everything after runs by the new definition, queued events included. */
  redefine(definition: FunctionDefinition): void
  warm(): Promise<void>
  figures(): { running: number; waiting: number; workers: number; coldStarts: number }
  /** Folders that environments were started from and may still load from. */
  codePaths(): string[]
  /** Begins nothing more, and resolves when what runs has ended; stored events stay stored. */
  remove(): Promise<void>
  close(): Promise<void>
}

export interface FunctionOptions {
  maxWorkers: number
  store: EventStore
  clock: Clock
  newId: () => string
  log: (entry: LogEntry) => void
  onLogLine: (line: LogLine) => void
  observer: InvocationObserver | undefined
  onDeliveries: (deliveries: readonly StoredDelivery[]) => void
  onSettled: () => void
}

export function createFunction(first: FunctionDefinition, options: FunctionOptions): DefinedFunction {
  const { store, clock, newId, log, onLogLine, onSettled, onDeliveries } = options
  const { functionName } = first
  const counters = createFunctionCounters()
  let definition = first
  let settings = checkedSettings({})
  let pool = poolOf(first)
  const retired = new Map<WorkerPool, string>()
  let coldStartsBefore = 0

  function poolOf(of: FunctionDefinition): WorkerPool {
    return createWorkerPool({
      definition: of,
      maxWorkers: options.maxWorkers,
      clock,
      newId,
      onLogLine,
      observer: options.observer,
      onLost(end) {
        const message = `An environment ended between invocations (${end.kind}); the next one starts another`
        log({ level: 'warn', code: 'ENVIRONMENT_LOST', message, functionName })
      },
    })
  }

  function retire(): { jobs: ReturnType<WorkerPool['retire']>['jobs']; ended: Promise<void> } {
    const old = pool
    const { jobs, ended } = old.retire()
    retired.set(old, definition.codePath)
    const gone = ended.then(() => {
      retired.delete(old)
      coldStartsBefore += old.figures().coldStarts
    })
    return { jobs, ended: gone }
  }

  async function submit(invocation: Invocation): Promise<Outcome> {
    try {
      const outcome = await pool.submit(invocation)
      counters.invocations += 1
      if (!outcome.ok) counters.errors += 1
      return outcome
    } catch (error) {
      if (error instanceof LambdaError && error.code === 'TooManyRequestsException') counters.throttles += 1
      throw error
    }
  }

  const events = createEventQueue({
    definition: () => definition,
    settings: () => settings,
    limit: () => pool.limit,
    store,
    counters,
    clock,
    log,
    invoke: (invocation) => submit({ ...invocation, functionArn: definition.functionArn }),
    onDeliveries,
    onSettled,
  })

  return {
    get definition() {
      return definition
    },
    get settings() {
      return settings
    },
    set settings(changed) {
      settings = changed
    },
    counters,
    events,
    submit,
    redefine(changed) {
      const { jobs } = retire()
      definition = changed
      pool = poolOf(changed)
      pool.adopt(jobs)
    },
    warm: () => pool.warm(),
    figures() {
      const sum = pool.figures()
      for (const old of retired.keys()) {
        const { running, workers, coldStarts } = old.figures()
        sum.running += running
        sum.workers += workers
        sum.coldStarts += coldStarts
      }
      return { ...sum, coldStarts: sum.coldStarts + coldStartsBefore }
    },
    codePaths: () => [definition.codePath, ...retired.values()],
    async remove() {
      const { jobs, ended } = retire()
      const gone = new LambdaError('ResourceNotFoundException', `Function not found: ${definition.functionArn}`)
      for (const job of jobs) job.reject(gone)
      await events.close()
      await ended
    },
    async close() {
      await Promise.all([pool, ...retired.keys()].map((one) => one.close()))
    },
  }
}
