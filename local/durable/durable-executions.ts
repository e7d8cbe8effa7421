import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Deliver, FunctionVersions, LambdaService } from '../lambda/index.ts'
import { type Count, uncounted } from '../meter/index.ts'
import { type Clock, createSystemClock } from '../state/index.ts'
import { type Callbacks, createCallbacks } from './callbacks.ts'
import { createChainedInvokes } from './chained-invokes.ts'
import { type Checkpoints, createCheckpoints } from './checkpoints.ts'
import { createDeadLetters, type DeadLetterTarget } from './dead-letters.ts'
import { DurableError, invalid } from './durable-error.ts'
import { type Execution, type ExecutionFacts, isClosed, newExecution, touch, untold } from './execution.ts'
import { checkExecutionName, executionArn, readExecutionArn } from './execution-arn.ts'
import { createExecutions } from './executions.ts'
import { record } from './history.ts'
import type { HistoryEvent } from './history-event.ts'
import { checkEventSize } from './invocation.ts'
import { createInvocationLane, type DurableLog } from './lane.ts'
import { SYNC_EXECUTION_SECONDS } from './limits.ts'
import type { ErrorObject, Operation } from './operation.ts'
import type { ExecutionFilter } from './store.ts'
import { deadlineMs, fireDueTimers, retainedUntilMs } from './timers.ts'

/** A function with a `DurableConfig`. */
export interface DurableFunction extends DeadLetterTarget {
  functionName: string
  executionTimeoutSeconds: number
  retentionDays: number
}

export interface StartRequest {
  functionName: string
  /** A version, an alias or `$LATEST`; without one the start is refused, as on Lambda. */
  qualifier: string | undefined
  /** Makes the start idempotent; default: a new id. */
  name?: string | undefined
  /** JSON. */
  input: string | undefined
  kind: ExecutionFacts['kind']
  requestId?: string | undefined
}

/** Durable executions of functions. Methods throw `DurableError`; a version that is not there is a `LambdaError`. */
export interface DurableExecutions extends Checkpoints, Callbacks {
  /** What a function is now; undefined: a plain one. Executions stay and wait for a durable function of that name. */
  configure(functionName: string, durable: Omit<DurableFunction, 'functionName'> | undefined): void
  find(functionName: string): DurableFunction | undefined
  /** Begins an execution, or finds the one of that name and input. */
  start(request: StartRequest): Execution
  whenClosed(execution: Execution): Promise<Execution>
  describe(arn: string): Execution
  history(arn: string, options: { after?: number | undefined; newestFirst: boolean; count: number }): HistoryEvent[]
  list(filter: ExecutionFilter): { facts: ExecutionFacts; position: number }[]
  /** One that has ended stays as it is. */
  stop(arn: string, error: ErrorObject | undefined): Execution
  /** Takes up what is stored; call it when all functions are defined. */
  resume(): void
  /** Invocations and deliveries under way, not executions that wait. */
  active(): number
  idle(): Promise<void>
  /** Begins nothing more. */
  close(): Promise<void>
}

export function createDurableExecutions(options: {
  db: DatabaseSync
  lambda: Pick<LambdaService, 'invoke'>
  versions: Pick<FunctionVersions, 'resolve'>
  account: { region: string; accountId: string }
  /** Within the change that made it so: what it stores is stored with it. */
  onStatus: (facts: ExecutionFacts) => void
  deliver: Deliver
  /** Why the function may not invoke the other; undefined if it may. */
  refusal: (functionName: string, targetArn: string) => string | undefined
  log: DurableLog
  clock?: Clock | undefined
  newId?: (() => string) | undefined
  count?: Count
}): DurableExecutions {
  const { db, lambda, versions, account, clock = createSystemClock(), newId = randomUUID, log } = options
  const functions = new Map<string, DurableFunction>()
  const idleWaiters: (() => void)[] = []
  let wake: { dueMs: number; cancel: () => void } | undefined
  let phase: 'waiting' | 'open' | 'closed' = 'waiting'

  const lane = createInvocationLane({ executions: () => executions, lambda, clock, newId, log, onSettled })
  const deadLetters = createDeadLetters({
    executions: () => executions,
    targetOf: (functionName) => functions.get(functionName),
    deliver: options.deliver,
    clock,
    log,
    onSettled,
  })
  const executions = createExecutions({
    db,
    clock,
    onStatus: options.onStatus,
    onClosed(execution) {
      const { status, arn, functionName, error } = execution.facts
      deadLetters.note(execution, clock.nowMs())
      chained.report(execution)
      if (status === 'SUCCEEDED') return
      log({
        level: 'warn',
        event: 'durable_execution_ended',
        execution: arn,
        functionName,
        status,
        errorType: error?.ErrorType,
      })
    },
    isBusy: (execution) => lane.invocationId(execution) !== undefined,
    onDue: schedule,
    count: options.count ?? uncounted,
  })
  const chained = createChainedInvokes({
    executions: () => executions,
    lane,
    lambda,
    versions,
    account,
    isDurable: (functionName) => functions.has(functionName),
    startChild(functionArn, input, parent) {
      const [, , , , , , functionName = '', qualifier] = functionArn.split(':')
      return begin({ functionName, qualifier, input, kind: 'chained' }, parent).facts.arn
    },
    refusal: options.refusal,
  })
  const checkpoints = createCheckpoints(
    () => executions,
    lane,
    () => chained,
    () => clock.nowMs(),
    options.count ?? uncounted,
  )
  const callbacks = createCallbacks(() => executions, lane)

  function begin(request: StartRequest, parent?: ExecutionFacts['parent']): Execution {
    const { functionName, qualifier, input, kind, requestId = newId() } = request
    const durable = functions.get(functionName)
    if (request.name !== undefined) checkExecutionName(request.name)
    if (!durable) throw invalid(`Function ${functionName} is not a durable function`)
    if (qualifier === undefined) throw invalid('You cannot invoke a durable function using an unqualified ARN.')
    const version = versions.resolve(functionName, qualifier)
    if (kind === 'synchronous' && durable.executionTimeoutSeconds > SYNC_EXECUTION_SECONDS) {
      throw invalid(
        'You cannot synchronously invoke a durable function with an executionTimeout greater than 15 minutes.',
      )
    }
    if (request.name !== undefined) {
      const existing = sameExecution(functionName, request.name, version, input)
      if (existing) return existing
    }
    const id = newId()
    const nowMs = clock.nowMs()
    const name = request.name ?? newId()
    const functionArn = `${durable.functionArn}:${version}`
    const root: Operation = { id, name, type: 'EXECUTION', status: 'STARTED', startedAtMs: nowMs, input, changed: 0 }
    const execution = newExecution(
      {
        arn: executionArn({ functionArn, name, id }),
        ...{ id, name, functionName, functionArn, version, kind, requestId, parent },
        startedAtMs: nowMs,
        timeoutSeconds: durable.executionTimeoutSeconds,
        retentionDays: durable.retentionDays,
        status: 'RUNNING',
        ...{ changes: 0, told: 0, checkpoints: 0, events: 0, failures: 0, isInvoked: false },
        metered: { operations: 1, bytes: Buffer.byteLength(input ?? '') },
      },
      [root],
    )
    touch(execution, root)
    checkEventSize(execution)
    record(execution, 'ExecutionStarted', root, nowMs, {
      Input: input === undefined ? {} : { Payload: input },
      ExecutionTimeout: durable.executionTimeoutSeconds,
    })
    lane.trigger(execution)
    executions.add(execution)
    return execution
  }

  function sameExecution(functionName: string, name: string, version: string, input: string | undefined) {
    const arn = executions.store.findByName(functionName, name)
    const existing = arn === undefined ? undefined : executions.find(arn)
    if (!existing) return undefined
    const isSame = existing.facts.version === version && existing.operations.get(existing.facts.id)?.input === input
    if (isSame) return existing
    throw new DurableError(
      'DurableExecutionAlreadyStartedException',
      `Execution already started: ${existing.facts.arn}`,
    )
  }

  function schedule(dueMs: number): void {
    if (phase !== 'open' || (wake && wake.dueMs <= dueMs)) return
    wake?.cancel()
    const cancel = clock.after(Math.max(0, dueMs - clock.nowMs()), () => {
      wake = undefined
      work()
    })
    wake = { dueMs, cancel }
  }

  /** Does what time has brought. */
  function work(): void {
    if (phase !== 'open') return
    for (const arn of executions.store.due(clock.nowMs())) {
      const execution = executions.find(arn)
      if (execution) moveOn(execution)
    }
    const nextMs = executions.store.nextDueMs(clock.nowMs())
    if (nextMs !== undefined) schedule(nextMs)
  }

  function moveOn(execution: Execution): void {
    const { facts } = execution
    const nowMs = clock.nowMs()
    if (isClosed(execution)) {
      if (facts.deadLetter && facts.deadLetter.dueAtMs <= nowMs) deadLetters.deliver(execution)
      else if (retainedUntilMs(execution) <= nowMs) executions.store.remove(facts.arn)
      return
    }
    executions.change(execution, () => {
      if (deadlineMs(execution) <= nowMs) {
        const ErrorMessage = `Execution timed out after ${facts.timeoutSeconds} seconds.`
        executions.close(execution, 'TIMED_OUT', { error: { ErrorMessage } })
        return
      }
      const isRetried = facts.retryAtMs !== undefined && facts.retryAtMs <= nowMs
      if (fireDueTimers(execution, nowMs) || isRetried) lane.trigger(execution)
    })
  }

  const active = () => lane.active() + deadLetters.active()

  function onSettled(): void {
    if (active() > 0 && phase !== 'closed') return
    for (const resolve of idleWaiters.splice(0)) resolve()
  }

  return {
    ...checkpoints,
    ...callbacks,
    configure(functionName, durable) {
      if (durable) functions.set(functionName, { ...durable, functionName })
      else functions.delete(functionName)
    },
    find: (functionName) => functions.get(functionName),
    start: (request) => begin(request),
    whenClosed: (execution) => executions.whenClosed(execution),
    describe(arn) {
      readExecutionArn(arn)
      return executions.require(arn)
    },
    history(arn, page) {
      readExecutionArn(arn)
      executions.require(arn)
      return executions.store.history(arn, page)
    },
    list: (filter) => executions.store.list(filter),
    stop(arn, error) {
      readExecutionArn(arn)
      const execution = executions.require(arn)
      if (!isClosed(execution)) {
        executions.change(execution, () => executions.close(execution, 'STOPPED', { error: error ?? {} }))
      }
      return execution
    },
    resume() {
      if (phase !== 'waiting') return
      phase = 'open'
      for (const arn of executions.store.running()) {
        const execution = executions.find(arn)
        if (!execution) continue
        chained.resume(execution)
        const { isInvoked, retryAtMs } = execution.facts
        const isBehind = isInvoked || untold(execution).length > 0
        if (isBehind && retryAtMs === undefined) executions.change(execution, () => lane.trigger(execution))
      }
      work()
    },
    active,
    async idle() {
      if (active() === 0 || phase === 'closed') return
      await new Promise<void>((resolve) => {
        idleWaiters.push(resolve)
      })
    },
    async close() {
      phase = 'closed'
      wake?.cancel()
      lane.close()
      await deadLetters.settled()
      onSettled()
    },
  }
}
