import type { DatabaseSync } from 'node:sqlite'
import type { Count } from '../meter/index.ts'
import { type Clock, inTransaction } from '../state/index.ts'
import { closeExecution } from './apply-update.ts'
import { DurableError } from './durable-error.ts'
import { type Execution, type ExecutionFacts, type ExecutionStatus, isClosed } from './execution.ts'
import { countUse } from './meter.ts'
import type { Operation } from './operation.ts'
import { createExecutionStore, type ExecutionStore } from './store.ts'
import { nextDueMs } from './timers.ts'

type Outcome = Pick<Operation, 'result' | 'error'>

/** Executions in memory while they run, on disk always. */
export interface Executions {
  readonly store: ExecutionStore
  find(arn: string): Execution | undefined
  /** Throws `ResourceNotFoundException`. */
  require(arn: string): Execution
  /** Keeps a new execution, with what it begins with. */
  add(execution: Execution): void
  /** Changes an execution: what the work does to it is stored, all of it or nothing. Changes may be nested. */
  change<Result>(execution: Execution, work: (nowMs: number) => Result): Result
  /** Within a change. */
  close(execution: Execution, status: Exclude<ExecutionStatus, 'RUNNING'>, outcome: Outcome): void
  whenClosed(execution: Execution): Promise<Execution>
}

export function createExecutions(options: {
  db: DatabaseSync
  clock: Clock
  /** Within the change that made it so. */
  onStatus: (facts: ExecutionFacts) => void
  onClosed: (execution: Execution) => void
  /** An invocation of it is under way. */
  isBusy: (execution: Execution) => boolean
  /** Something may fall due then. */
  onDue: (dueMs: number) => void
  count: Count
}): Executions {
  const { db, clock } = options
  const store = createExecutionStore(db)
  /** Those that run, and those that have ended before their last invocation. */
  const running = new Map<string, Execution>()
  const waiting = new Map<string, ((execution: Execution) => void)[]>()

  function change<Result>(execution: Execution, work: (nowMs: number) => Result): Result {
    const result = inTransaction(db, () => {
      const value = work(clock.nowMs())
      store.save(execution, nextDueMs(execution))
      return value
    })
    if (isClosed(execution) && !options.isBusy(execution)) running.delete(execution.facts.arn)
    const dueMs = nextDueMs(execution)
    if (dueMs !== undefined) options.onDue(dueMs)
    return result
  }

  function find(arn: string): Execution | undefined {
    return running.get(arn) ?? store.load(arn)
  }

  for (const arn of store.running()) {
    const execution = store.load(arn)
    if (execution) running.set(arn, execution)
  }

  return {
    store,
    find,
    require(arn) {
      const execution = find(arn)
      if (!execution) throw new DurableError('ResourceNotFoundException', 'Durable Execution does not exist')
      return execution
    },
    add(execution) {
      running.set(execution.facts.arn, execution)
      countUse(options.count, execution.facts)
      change(execution, () => options.onStatus(execution.facts))
    },
    change,
    close(execution, status, outcome) {
      closeExecution(execution, status, clock.nowMs(), outcome)
      const { arn } = execution.facts
      options.onStatus(execution.facts)
      options.onClosed(execution)
      for (const resolve of waiting.get(arn) ?? []) resolve(execution)
      waiting.delete(arn)
    },
    whenClosed(execution) {
      if (isClosed(execution)) return Promise.resolve(execution)
      const { promise, resolve } = Promise.withResolvers<Execution>()
      waiting.set(execution.facts.arn, [...(waiting.get(execution.facts.arn) ?? []), resolve])
      return promise
    },
  }
}
