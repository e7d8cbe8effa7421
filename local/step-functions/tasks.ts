import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../state/index.ts'
import type { TaskState } from './engine-definition.ts'
import { type Failure, failureOf, TaskError } from './task-error.ts'
import { type TaskTokens, tokenIn } from './task-tokens.ts'

/** What tasks are done by, each with the role of the state machine. All reject with a TaskError. */
export interface TaskServices {
  /** `target` is a name or an ARN, with a qualifier or without. */
  invoke(
    roleArn: string,
    request: { target: string; payload: unknown; isEvent: boolean },
  ): Promise<{ payload: unknown; statusCode: number; executedVersion: string }>
  sendMessage(roleArn: string, parameters: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>
  putEvents(
    roleArn: string,
    entries: readonly unknown[],
    resources: readonly string[],
  ): Promise<Record<string, unknown>>
}

/** One execution, as its tasks see it. */
export interface TaskRun {
  executionArn: string
  machineArn: string
  roleArn: string
  /** Tokens that its parameters have been given. */
  issued: ReadonlySet<string>
  /** Ends what waits. */
  signal: AbortSignal
  record(type: string, details: Record<string, unknown>): void
}

type Input = Readonly<Record<string, unknown>>

/** Does the tasks of executions, with their time limits. */
export function createTaskRunner(options: {
  services: TaskServices
  tokens: TaskTokens
  clock: Clock
  /** The engine's own error of a task that timed out: it tells it from other failures. */
  timeoutError: () => Promise<Error>
}) {
  const { services, tokens, clock } = options

  async function call(task: TaskState, run: TaskRun, input: Input): Promise<unknown> {
    const { roleArn } = run
    switch (task.resource) {
      case 'lambda:invoke':
        return invoke(task, roleArn, input)
      case 'sqs:sendMessage':
        return services.sendMessage(roleArn, input)
      case 'events:putEvents': {
        const { Entries } = input
        const own = [run.machineArn, run.executionArn]
        return services.putEvents(roleArn, Array.isArray(Entries) ? Entries : [], own)
      }
    }
  }

  async function invoke({ functionArn }: TaskState, roleArn: string, input: Input): Promise<unknown> {
    if (functionArn !== undefined) {
      return (await services.invoke(roleArn, { target: functionArn, payload: input, isEvent: false })).payload
    }
    const { FunctionName, Qualifier, Payload = {}, InvocationType } = input
    const target = Qualifier === undefined ? String(FunctionName) : `${String(FunctionName)}:${String(Qualifier)}`
    const isEvent = InvocationType === 'Event'
    const { payload, statusCode, executedVersion } = await services.invoke(roleArn, {
      target,
      payload: Payload,
      isEvent,
    })
    return { ExecutedVersion: executedVersion, ...(!isEvent && { Payload: payload }), StatusCode: statusCode }
  }

  async function withToken(task: TaskState, run: TaskRun, input: Input): Promise<unknown> {
    // before the call: its answer may come before the call has ended
    const waiting = tokens.wait(tokenIn(input, run.issued), task)
    const stop = () => waiting.forget()
    run.signal.addEventListener('abort', stop)
    try {
      const output = await call(task, run, input)
      run.record('TaskSubmitted', { taskSubmittedEventDetails: { ...typeOf(task), output: JSON.stringify(output) } })
      const end = await waiting.ended
      if ('output' in end) return end.output
      throw await errorOf(end.failure)
    } finally {
      waiting.forget()
      run.signal.removeEventListener('abort', stop)
    }
  }

  /** Ends the task after its time, whatever it does. */
  async function limited(task: TaskState, work: Promise<unknown>): Promise<unknown> {
    const { timeoutSeconds } = task
    if (timeoutSeconds === undefined) return work
    const { promise: late, reject } = Promise.withResolvers<never>()
    const cancel = clock.after(timeoutSeconds * 1_000, () => {
      void errorOf({ error: 'States.Timeout', cause: `the task took longer than ${timeoutSeconds} s` }).then(reject)
    })
    try {
      return await Promise.race([work, late])
    } finally {
      cancel()
    }
  }

  async function errorOf({ error, cause }: Failure): Promise<Error> {
    if (error !== 'States.Timeout' && error !== 'States.HeartbeatTimeout') return new TaskError(error, cause)
    const timeout = await options.timeoutError()
    timeout.name = error
    timeout.message = cause
    return timeout
  }

  /** What the engine calls for a task. */
  return async (task: TaskState, run: TaskRun, input: unknown): Promise<unknown> => {
    // the engine's own event of the state comes first
    await setImmediate()
    const type = typeOf(task)
    const parameters = JSON.stringify(input)
    run.record('TaskScheduled', { taskScheduledEventDetails: { ...type, parameters } })
    run.record('TaskStarted', { taskStartedEventDetails: type })
    try {
      const work = (task.waitsForToken ? withToken : call)(task, run, (input ?? {}) as Input)
      const output = await limited(task, work)
      run.record('TaskSucceeded', { taskSucceededEventDetails: { ...type, output: JSON.stringify(output ?? null) } })
      return output ?? null
    } catch (error) {
      const failure = failureOf(error)
      const isLate = failure.error === 'States.Timeout' || failure.error === 'States.HeartbeatTimeout'
      const name = isLate ? 'TimedOut' : 'Failed'
      run.record(`Task${name}`, { [`task${name}EventDetails`]: { ...type, ...failure } })
      throw error
    }
  }
}

export type TaskRunner = ReturnType<typeof createTaskRunner>

function typeOf({ resource, waitsForToken }: TaskState): { resourceType: string; resource: string } {
  const [resourceType = '', action = ''] = resource.split(':')
  return { resourceType, resource: waitsForToken ? `${action}.waitForTaskToken` : action }
}
