import type { EngineEvent, EngineOptions, EngineValue, LoadedMachine } from './engine.ts'
import type { StatesExecution } from './execution-store.ts'
import { type Failure, failureOf } from './task-error.ts'
import type { TaskTokens } from './task-tokens.ts'
import type { TaskRunner } from './tasks.ts'

/** How an execution ended. */
export type ExecutionEnd =
  | { status: 'SUCCEEDED'; output: string }
  | { status: 'FAILED'; failure: Failure }
  | { status: 'TIMED_OUT' }
  | { status: 'ABORTED' }

export interface RunningExecution {
  /** Never rejects; resolves when its last event has been recorded. */
  readonly ended: Promise<ExecutionEnd>
  abort(): void
}

/** Runs an execution on the engine. */
export function runExecution(options: {
  loaded: LoadedMachine
  execution: StatesExecution
  roleArn: string
  tokens: TaskTokens
  runTask: TaskRunner
  record: (type: string, details: Record<string, unknown>) => void
  /** For each state that is entered, and each repeat of a task. https://aws.amazon.com/step-functions/pricing/ */
  onTransition: () => void
}): RunningExecution {
  const { loaded, execution, roleArn, tokens, runTask, record, onTransition } = options
  const { arn, machineArn, name } = execution
  const issued = new Set<string>()
  const stopped = new AbortController()
  const run = { executionArn: arn, machineArn, roleArn, issued, signal: stopped.signal, record }

  const handlers = loaded.tasks.map((task) => [
    task.name,
    (input: EngineValue) => {
      onTransition()
      return runTask(task, run, input) as Promise<EngineValue>
    },
  ])
  const context: EngineOptions['context'] = {
    Execution: { Id: arn, Name: name, RoleArn: roleArn },
    StateMachine: { Id: machineArn, Name: machineArn.split(':').at(-1) },
    Task: {
      // the engine has one context for a whole run: each time that parameters name the token, it is another one
      get Token() {
        const token = tokens.issue()
        issued.add(token)
        return token
      },
    },
  }
  const { result, eventLogs, abort } = loaded.machine.run(JSON.parse(execution.input) as EngineValue, {
    overrides: { taskResourceLocalHandlers: Object.fromEntries(handlers) },
    context,
  })
  const recorded = recordEvents(eventLogs, record, onTransition)

  async function settle(): Promise<ExecutionEnd> {
    const end = await result.then(
      (output): ExecutionEnd => ({ status: 'SUCCEEDED', output: JSON.stringify(output) }),
      (error: unknown) => endOf(error),
    )
    stopped.abort()
    await recorded
    return end
  }

  const ended = settle()
  return { ended, abort }
}

function endOf(error: unknown): ExecutionEnd {
  const name = error instanceof Error ? error.name : ''
  if (name === 'ExecutionAbortedError') return { status: 'ABORTED' }
  if (name === 'ExecutionTimeoutError') return { status: 'TIMED_OUT' }
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  return { status: 'FAILED', failure: failureOf(cause) }
}

/** What the engine tells, under the names of the service. The end of the execution is recorded with its status. */
async function recordEvents(
  events: AsyncIterable<EngineEvent>,
  record: (type: string, details: Record<string, unknown>) => void,
  onTransition: () => void,
): Promise<void> {
  for await (const event of events) {
    if (event.type === 'StateEntered') {
      const { name, type, input } = event.state
      // a task by each of its attempts
      if (type !== 'Task') onTransition()
      record(`${type}StateEntered`, { stateEnteredEventDetails: { name, input: JSON.stringify(input) } })
    } else if (event.type === 'StateExited') {
      const { name, type, output } = event.state
      record(`${type}StateExited`, { stateExitedEventDetails: { name, output: JSON.stringify(output) } })
    } else if (isOfIteration(event)) {
      const details = { name: event.parentState.name, index: event.index }
      record(event.type, { [`mapIteration${event.type.slice('MapIteration'.length)}EventDetails`]: details })
    }
  }
}

function isOfIteration(event: EngineEvent): event is Extract<EngineEvent, { index: number; parentState: object }> {
  return event.type.startsWith('MapIteration')
}
