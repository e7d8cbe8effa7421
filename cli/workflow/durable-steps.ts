import type { Event } from '@aws-sdk/client-lambda'
import type { Step } from './execution.ts'

/** What stands in a type of event: `StepSucceeded` is a Step that Succeeded. */
const EVENT_TYPE = /^(Step|Callback|Wait|Context|ChainedInvoke)(Started|Succeeded|Failed|TimedOut|Stopped|Cancelled)$/
const KINDS: Readonly<Record<string, string>> = {
  Step: 'step',
  Callback: 'callback',
  Wait: 'wait',
  Context: 'context',
  ChainedInvoke: 'invoke',
}
const STATES: Readonly<Record<string, Step['state']>> = {
  Succeeded: 'succeeded',
  Failed: 'failed',
  TimedOut: 'timed out',
  Stopped: 'cancelled',
  Cancelled: 'cancelled',
}

/** The steps of a durable execution in the order in which they began, out of its history in order of time. */
export function stepsOfHistory(events: readonly Event[]): Step[] {
  const steps = new Map<string, Step>()
  for (const event of events) {
    const [, kind = '', change = ''] = EVENT_TYPE.exec(event.EventType ?? '') ?? []
    const { Id: id, EventTimestamp: at = new Date(0) } = event
    if (id === undefined || kind === '') continue
    const step = steps.get(id) ?? begun(event, kind, steps)
    steps.set(id, step)
    if (change === 'Started') {
      step.state = kind === 'Wait' || kind === 'Callback' ? 'waiting' : 'running'
      step.until = untilOf(event, at)
      step.endedAt = undefined
      continue
    }
    step.state = STATES[change] ?? step.state
    step.endedAt = at
    step.error = errorOf(event)
    // a step that failed and is tried again has the time of its next attempt with it
    const { NextAttemptDelaySeconds: delay } = event.StepFailedDetails?.RetryDetails ?? {}
    if (change === 'Failed' && delay !== undefined) {
      Object.assign(step, { state: 'waiting', retries: step.retries + 1, endedAt: undefined, until: later(at, delay) })
    }
  }
  return [...steps.values()]
}

function begun(event: Event, kind: string, steps: ReadonlyMap<string, Step>): Step {
  return {
    name: event.Name ?? event.SubType ?? kind,
    kind: KINDS[kind] ?? kind,
    state: 'running',
    level: event.ParentId === undefined ? 0 : (steps.get(event.ParentId)?.level ?? -1) + 1,
    retries: 0,
    startedAt: event.EventTimestamp ?? new Date(0),
    endedAt: undefined,
    until: undefined,
    error: undefined,
  }
}

function untilOf({ WaitStartedDetails, CallbackStartedDetails }: Event, at: Date): Date | undefined {
  const timeoutSeconds = CallbackStartedDetails?.Timeout
  return WaitStartedDetails?.ScheduledEndTimestamp ?? (timeoutSeconds ? later(at, timeoutSeconds) : undefined)
}

/** The type alone: a message may hold what was sent. */
function errorOf(event: Event): string | undefined {
  const { StepFailedDetails, CallbackFailedDetails, CallbackTimedOutDetails, ContextFailedDetails } = event
  const { ChainedInvokeFailedDetails } = event
  const details =
    StepFailedDetails ??
    CallbackFailedDetails ??
    CallbackTimedOutDetails ??
    ContextFailedDetails ??
    ChainedInvokeFailedDetails
  return details?.Error?.Payload?.ErrorType
}

function later(at: Date, seconds: number): Date {
  return new Date(at.getTime() + seconds * 1_000)
}
