import type { HistoryEvent } from '@aws-sdk/client-sfn'
import type { Step } from './execution.ts'

/** `TaskStateEntered`, `WaitStateExited` and their kind: a state of the machine begins or ends. */
const STATE_EVENT = /^(\w+)State(Entered|Exited|Aborted)$/
const FAILURE =
  /^(Task|LambdaFunction|Activity|Evaluation|MapRun)(Failed|TimedOut|StartFailed|ScheduleFailed|SubmitFailed)$/
const EXECUTION_ENDED = /^Execution(Failed|TimedOut|Aborted)$/

/** The states of a state machine's execution in the order in which it entered them, out of its history in order of time. */
export function statesOfHistory(events: readonly HistoryEvent[]): Step[] {
  const steps: Step[] = []
  const current = () => steps.findLast(({ endedAt }) => endedAt === undefined)
  for (const event of events) {
    const { type = '', timestamp: at = new Date(0) } = event
    const [, kind = '', change] = STATE_EVENT.exec(type) ?? []
    if (change === 'Entered') steps.push(entered(event, kind, at))
    const step = current()
    if (!step) continue
    if (change === 'Exited') end(nameOf(event), steps, at)
    else if (change === 'Aborted') Object.assign(step, { state: 'cancelled', endedAt: at })
    // a task with a token: it is out of the machine's hands until the token comes back
    else if (type === 'TaskSubmitted') Object.assign(step, { state: 'waiting' })
    else if (FAILURE.test(type)) fail(step, event)
    else if (type === 'TaskScheduled' && step.error !== undefined) retry(step)
    else if (EXECUTION_ENDED.test(type)) close(step, type, at)
  }
  return steps
}

function entered(event: HistoryEvent, kind: string, at: Date): Step {
  return {
    name: nameOf(event),
    kind: kind.toLowerCase(),
    state: kind === 'Wait' ? 'waiting' : 'running',
    level: 0,
    retries: 0,
    startedAt: at,
    endedAt: undefined,
    until: undefined,
    error: undefined,
  }
}

/** A state that was left after an error was left by a catcher: the error stays with it. */
function end(name: string, steps: readonly Step[], at: Date): void {
  const step = steps.findLast((one) => one.name === name && one.endedAt === undefined)
  if (step) Object.assign(step, { state: step.error === undefined ? 'succeeded' : step.state, endedAt: at })
}

function fail(step: Step, event: HistoryEvent): void {
  const { taskFailedEventDetails, taskTimedOutEventDetails, lambdaFunctionFailedEventDetails } = event
  const details = taskFailedEventDetails ?? taskTimedOutEventDetails ?? lambdaFunctionFailedEventDetails
  step.state = event.type?.includes('TimedOut') ? 'timed out' : 'failed'
  step.error = details?.error ?? event.type
}

function retry(step: Step): void {
  Object.assign(step, { state: 'running', retries: step.retries + 1, error: undefined })
}

function close(step: Step, type: string, at: Date): void {
  const state = type === 'ExecutionAborted' ? 'cancelled' : type === 'ExecutionTimedOut' ? 'timed out' : 'failed'
  Object.assign(step, { state: step.error === undefined ? state : step.state, endedAt: at })
}

function nameOf({ stateEnteredEventDetails, stateExitedEventDetails }: HistoryEvent): string {
  return stateEnteredEventDetails?.name ?? stateExitedEventDetails?.name ?? ''
}
