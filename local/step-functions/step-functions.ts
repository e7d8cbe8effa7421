import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { type Count, uncounted } from '../meter/index.ts'
import { type Clock, createSystemClock, inTransaction } from '../state/index.ts'
import { type LoadedMachine, timeoutError } from './engine.ts'
import { createStatesStore, type StatesExecution, type StatesHistoryEvent } from './execution-store.ts'
import { type ExecutionEnd, type RunningExecution, runExecution } from './run-execution.ts'
import { StatesError } from './states-error.ts'
import { createTaskTokens, type TaskEnd } from './task-tokens.ts'
import { createTaskRunner, type TaskServices } from './tasks.ts'

/** A state machine as it is defined now. */
export interface StateMachine {
  arn: string
  name: string
  roleArn: string
  loaded: LoadedMachine
  createdAtMs: number
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const MAX_INPUT_BYTES = 262_144
const NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u
/** What ends executions that were running when the runtime ended. */
export const RESTART_FAILURE = {
  error: 'Runtime.Restarted',
  cause: 'the local runtime ended while the execution was running; it keeps no place within a state machine',
} as const

/** State machines by ARN, and their executions. Methods throw `StatesError`. */
export interface StepFunctions {
  readonly machines: Map<string, StateMachine>
  /** The same name and input find an execution that is running. */
  start(machineArn: string, request: { name?: string | undefined; input?: string | undefined }): StatesExecution
  describe(arn: string): StatesExecution
  list(
    machineArn: string,
    options: { status?: string | undefined; before?: number | undefined; count: number },
  ): { execution: StatesExecution; position: number }[]
  history(
    arn: string,
    options: { after?: number | undefined; newestFirst: boolean; count: number },
  ): StatesHistoryEvent[]
  stop(arn: string, failure: { error?: string | undefined; cause?: string | undefined }): Promise<StatesExecution>
  endTask(token: string, end: TaskEnd): void
  heartbeat(token: string): void
  /** Ends what an earlier run of the runtime left; call it when all machines are defined. */
  endLeftovers(): void
  active(): number
  close(): Promise<void>
}

export function createStepFunctions(options: {
  db: DatabaseSync
  services: TaskServices
  /** Within the transaction that made it so. */
  onStatus: (execution: StatesExecution) => void
  log: (entry: { level: 'info' | 'warn' | 'error'; event: string; [field: string]: unknown }) => void
  clock?: Clock | undefined
  newId?: (() => string) | undefined
  count?: Count
}): StepFunctions {
  const { db, services, onStatus, log, clock = createSystemClock(), newId = randomUUID, count = uncounted } = options
  const store = createStatesStore(db)
  const tokens = createTaskTokens(clock)
  const runTask = createTaskRunner({ services, tokens, clock, timeoutError })
  const machines = new Map<string, StateMachine>()
  const running = new Map<string, RunningExecution & { settled: Promise<void> }>()
  const stopping = new Map<string, { error?: string | undefined; cause?: string | undefined }>()
  let isClosing = false

  function start(
    machineArn: string,
    request: { name?: string | undefined; input?: string | undefined },
  ): StatesExecution {
    const machine = machineOf(machineArn)
    const { name = newId(), input = '{}' } = request
    if (!NAME.test(name)) throw new StatesError('InvalidName', `Invalid Name: '${name}'`)
    checkInput(input)
    const arn = `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`
    const existing = store.find(arn)
    if (existing) {
      if (existing.status === 'RUNNING' && existing.input === input) return existing
      throw new StatesError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`)
    }
    const execution: StatesExecution = { arn, machineArn, name, input, status: 'RUNNING', startedAtMs: clock.nowMs() }
    save(execution, 'ExecutionStarted', { executionStartedEventDetails: { input, roleArn: machine.roleArn } })
    run(machine, execution)
    return execution
  }

  function run({ name, loaded, roleArn }: StateMachine, execution: StatesExecution): void {
    const { arn } = execution
    const onTransition = () => count('states.transitions', name)
    const record = (type: string, details: Record<string, unknown>) => store.record(arn, type, clock.nowMs(), details)
    const started = runExecution({ loaded, execution, roleArn, tokens, runTask, record, onTransition })
    const settled = started.ended
      .then((end) => finish(execution, end))
      .catch((error: unknown) => log({ level: 'error', event: 'state_failed', execution: arn, reason: String(error) }))
      .finally(() => running.delete(arn))
    running.set(arn, { ...started, settled })
  }

  function finish(execution: StatesExecution, end: ExecutionEnd): void {
    // the next start says so
    if (isClosing) return
    const { arn } = execution
    const reason = stopping.get(arn)
    stopping.delete(arn)
    const failure = end.status === 'FAILED' ? end.failure : end.status === 'ABORTED' ? (reason ?? {}) : {}
    const ended: StatesExecution = {
      ...execution,
      status: end.status,
      stoppedAtMs: clock.nowMs(),
      ...(end.status === 'SUCCEEDED' && { output: end.output }),
      ...failure,
    }
    conclude(ended)
  }

  /** Stores an end with its event, and tells of it. */
  function conclude(ended: StatesExecution): void {
    const { arn, machineArn, status, output, error, cause } = ended
    const [type, member] = ENDS[status]
    const details = status === 'SUCCEEDED' ? { output } : { error, cause }
    save(ended, type, { [member]: details })
    if (status !== 'SUCCEEDED')
      log({ level: 'warn', event: 'states_execution_ended', execution: arn, machine: machineArn, status, error })
  }

  function save(execution: StatesExecution, type: string, details: Record<string, unknown>): void {
    inTransaction(db, () => {
      store.save(execution)
      store.record(execution.arn, type, clock.nowMs(), details)
      onStatus(execution)
    })
  }

  function machineOf(arn: string): StateMachine {
    const machine = machines.get(arn)
    if (!machine) throw new StatesError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`)
    return machine
  }

  function find(arn: string): StatesExecution {
    const execution = store.find(arn)
    if (!execution) throw new StatesError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`)
    return execution
  }

  return {
    machines,
    start,
    describe: find,
    list(machineArn, page) {
      machineOf(machineArn)
      return store.list(machineArn, page)
    },
    history(arn, page) {
      find(arn)
      return store.history(arn, page)
    },
    async stop(arn, failure) {
      const current = running.get(arn)
      if (!current) return find(arn)
      stopping.set(arn, failure)
      current.abort()
      await current.settled
      return find(arn)
    },
    endTask: (token, end) => tokens.end(token, end),
    heartbeat: (token) => tokens.heartbeat(token),
    endLeftovers() {
      for (const left of store.running()) {
        if (running.has(left.arn)) continue
        conclude({ ...left, status: 'FAILED', stoppedAtMs: clock.nowMs(), ...RESTART_FAILURE })
      }
    },
    active: () => running.size,
    async close() {
      isClosing = true
      const all = [...running.values()]
      for (const { abort } of all) abort()
      await Promise.all(all.map(({ settled }) => settled))
    },
  }
}

const ENDS = {
  RUNNING: ['ExecutionStarted', 'executionStartedEventDetails'],
  SUCCEEDED: ['ExecutionSucceeded', 'executionSucceededEventDetails'],
  FAILED: ['ExecutionFailed', 'executionFailedEventDetails'],
  TIMED_OUT: ['ExecutionTimedOut', 'executionTimedOutEventDetails'],
  ABORTED: ['ExecutionAborted', 'executionAbortedEventDetails'],
} as const

function checkInput(input: string): void {
  const bytes = Buffer.byteLength(input)
  if (bytes > MAX_INPUT_BYTES) {
    throw new StatesError(
      'InvalidExecutionInput',
      `Invalid State Machine Execution Input: ${bytes} of ${MAX_INPUT_BYTES} bytes`,
    )
  }
  try {
    JSON.parse(input)
  } catch {
    throw new StatesError('InvalidExecutionInput', `Invalid State Machine Execution Input: it is no JSON`)
  }
}
