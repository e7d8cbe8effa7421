import { describe, expect, onTestFinished, test } from 'vitest'
import { createMeter } from '#local/meter/index.ts'
import { openState, type State } from '#local/state/index.ts'
import {
  createStepFunctions,
  loadMachine,
  type StatesExecution,
  TaskError,
  type TaskServices,
} from '#local/step-functions/index.ts'
import { createFakeClock } from '../state/fake-clock.ts'

const MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:m'
const WAIT_FOR_MESSAGE = {
  Type: 'Task',
  Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
  Parameters: { QueueUrl: 'q', MessageBody: { 'token.$': '$$.Task.Token', 'execution.$': '$$.Execution.Name' } },
}
const one = (state: object) => ({ StartAt: 'One', States: { One: { End: true, ...state } } })

async function setUp(definition: unknown, options: { services?: Partial<TaskServices>; state?: State } = {}) {
  const state = options.state ?? openState({ file: ':memory:' })
  const clock = createFakeClock()
  const statuses: StatesExecution[] = []
  const asked: { token: string; execution: string }[] = []
  const watchers: (() => void)[] = []
  const { count, read: billed } = createMeter()
  const states = createStepFunctions({
    db: state.db,
    count,
    clock,
    log() {},
    onStatus(execution) {
      statuses.push(structuredClone(execution))
      for (const notify of watchers.splice(0)) notify()
    },
    services: {
      invoke: async (_, { payload }) => ({ payload, statusCode: 200, executedVersion: '$LATEST' }),
      async sendMessage(_, { MessageBody }) {
        asked.push(MessageBody as { token: string; execution: string })
        for (const notify of watchers.splice(0)) notify()
        return { MessageId: '1' }
      },
      putEvents: async () => ({ FailedEntryCount: 0 }),
      ...options.services,
    },
  })
  const machine = { arn: MACHINE, name: 'm', roleArn: 'arn:aws:iam::000000000000:role/m', createdAtMs: 0 }
  states.machines.set(MACHINE, { ...machine, loaded: await loadMachine(definition) })
  onTestFinished(async () => {
    await states.close()
    if (!options.state) state.close()
  })
  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        watchers.push(resolve)
      })
    }
  }
  return {
    ...{ states, clock, statuses, asked, until, billed },
    ended: async (arn: string) => {
      await until(() => states.describe(arn).status !== 'RUNNING')
      return states.describe(arn)
    },
    types: (arn: string) => states.history(arn, { newestFirst: false, count: 100 }).map(({ type }) => type),
  }
}

describe('an execution', () => {
  test('is metered by the states that it enters, and by each repeat of a task', async () => {
    let failures = 2
    const invoke = async () => {
      failures -= 1
      if (failures >= 0) throw new TaskError('Busy', 'once more')
      return { payload: null, statusCode: 200, executedVersion: '$LATEST' }
    }
    const { states, ended, billed } = await setUp(
      {
        StartAt: 'Ask',
        States: {
          Ask: {
            Type: 'Task',
            Resource: 'arn:aws:states:::lambda:invoke',
            Parameters: { FunctionName: 'f' },
            Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 1, MaxAttempts: 3, MaxDelaySeconds: 2 }],
            Next: 'Done',
          },
          Done: { Type: 'Pass', End: true },
        },
      },
      { services: { invoke } },
    )
    const { status } = await ended(states.start(MACHINE, {}).arn)

    expect(status).toBe('SUCCEEDED')
    expect(billed()['states.transitions']).toEqual({ m: 4 })
  })

  test('runs its states and tells of its beginning and end', async () => {
    const { states, ended, statuses, types } = await setUp({
      StartAt: 'Ask',
      States: {
        Ask: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke',
          Parameters: { FunctionName: 'f', 'Payload.$': '$' },
          ResultSelector: { 'value.$': '$.Payload.a' },
          ResultPath: '$',
          Next: 'Choose',
        },
        Choose: {
          Type: 'Choice',
          Choices: [{ Variable: '$.value', NumericGreaterThan: 1, Next: 'Done' }],
          Default: 'Never',
        },
        Done: { Type: 'Pass', End: true },
        Never: { Type: 'Fail' },
      },
    })

    const { arn } = states.start(MACHINE, { name: 'first', input: '{"a":2}' })

    expect(await ended(arn)).toMatchObject({ status: 'SUCCEEDED', output: '{"value":2}' })
    expect(statuses.map(({ status }) => status)).toEqual(['RUNNING', 'SUCCEEDED'])
    expect(types(arn)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSucceeded',
      'TaskStateExited',
      'ChoiceStateEntered',
      'ChoiceStateExited',
      'PassStateEntered',
      'PassStateExited',
      'ExecutionSucceeded',
    ])
  })

  test('is found by its name and input while it runs, and not begun again after', async () => {
    const { states, asked, until, ended } = await setUp(one(WAIT_FOR_MESSAGE))
    const { arn } = states.start(MACHINE, { name: 'same', input: '{}' })
    await until(() => asked.length === 1)

    expect(states.start(MACHINE, { name: 'same', input: '{}' }).arn).toBe(arn)
    expect(() => states.start(MACHINE, { name: 'same', input: '{"a":1}' })).toThrow('Execution Already Exists')
    states.endTask(asked[0]?.token ?? '', { output: { yes: true } })
    expect(await ended(arn)).toMatchObject({ status: 'SUCCEEDED', output: '{"yes":true}' })
    expect(() => states.start(MACHINE, { name: 'same', input: '{}' })).toThrow('Execution Already Exists')
  })

  test('gives each of its tasks a token of its own', async () => {
    const { states, asked, until, ended } = await setUp(
      one({
        Type: 'Parallel',
        Branches: ['Left', 'Right'].map((name) => ({
          StartAt: name,
          States: { [name]: { ...WAIT_FOR_MESSAGE, End: true } },
        })),
      }),
    )
    const { arn } = states.start(MACHINE, { name: 'both' })
    await until(() => asked.length === 2)

    for (const [index, { token }] of asked.entries()) states.endTask(token, { output: index })

    expect(asked.map(({ execution }) => execution)).toEqual(['both', 'both'])
    expect(await ended(arn)).toMatchObject({ output: '[0,1]' })
    expect(() => states.heartbeat(asked[0]?.token ?? '')).toThrow('Task Timed Out')
    expect(() => states.heartbeat('nobody')).toThrow('Invalid Token')
  })

  test('catches the failure that a token is ended with', async () => {
    const { states, asked, until, ended } = await setUp({
      StartAt: 'One',
      States: {
        One: { ...WAIT_FOR_MESSAGE, Catch: [{ ErrorEquals: ['Refused'], Next: 'Caught' }], End: true },
        Caught: { Type: 'Pass', End: true },
      },
    })
    const { arn } = states.start(MACHINE, {})
    await until(() => asked.length === 1)

    states.endTask(asked[0]?.token ?? '', { failure: { error: 'Refused', cause: 'no' } })

    expect(JSON.parse((await ended(arn)).output ?? '')).toEqual({ Error: 'Refused', Cause: 'no' })
  })

  test('waits as long as heartbeats come, and no longer; States.TaskFailed is not what that is', async () => {
    const { states, asked, until, ended, clock, types } = await setUp({
      StartAt: 'One',
      States: {
        One: {
          ...WAIT_FOR_MESSAGE,
          HeartbeatSeconds: 60,
          Catch: [{ ErrorEquals: ['States.TaskFailed'], Next: 'Wrong' }],
          End: true,
        },
        Wrong: { Type: 'Pass', End: true },
      },
    })
    const { arn } = states.start(MACHINE, {})
    await until(() => asked.length === 1)

    clock.advance(50_000)
    states.heartbeat(asked[0]?.token ?? '')
    clock.advance(50_000)
    expect(states.describe(arn).status).toBe('RUNNING')
    clock.advance(10_000)

    expect(await ended(arn)).toMatchObject({ status: 'FAILED', error: 'States.HeartbeatTimeout' })
    expect(types(arn)).toContain('TaskTimedOut')
  })

  test('ends a task after its time', async () => {
    const { states, asked, until, ended, clock } = await setUp(one({ ...WAIT_FOR_MESSAGE, TimeoutSeconds: 3_600 }))
    const { arn } = states.start(MACHINE, {})
    await until(() => asked.length === 1)

    clock.advance(3_600_000)

    expect(await ended(arn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' })
  })

  test('fails with what its task failed with', async () => {
    const { states, ended } = await setUp(
      one({ Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:000000000000:function:f' }),
      {
        services: {
          async invoke() {
            throw new TaskError('States.Permissions', 'not allowed')
          },
        },
      },
    )

    const { arn } = states.start(MACHINE, {})

    expect(await ended(arn)).toMatchObject({ status: 'FAILED', error: 'States.Permissions', cause: 'not allowed' })
  })

  test('is stopped with the reason given, and its token is worth nothing then', async () => {
    const { states, asked, until } = await setUp(one(WAIT_FOR_MESSAGE))
    const { arn } = states.start(MACHINE, {})
    await until(() => asked.length === 1)

    const stopped = await states.stop(arn, { error: 'Enough', cause: 'said so' })

    expect(stopped).toMatchObject({ status: 'ABORTED', error: 'Enough', cause: 'said so' })
    expect(() => states.endTask(asked[0]?.token ?? '', { output: 1 })).toThrow('Task Timed Out')
  })

  test.each([
    ['no JSON', { input: '{' }, 'Invalid State Machine Execution Input'],
    ['an input that is too large', { input: JSON.stringify('x'.repeat(262_144)) }, 'of 262144 bytes'],
    ['a name that is none', { name: 'a b' }, 'Invalid Name'],
  ])('with %s is not begun', async (_, request, message) => {
    const { states } = await setUp({ StartAt: 'One', States: { One: { Type: 'Succeed' } } })

    expect(() => states.start(MACHINE, request)).toThrow(message)
  })
})

test('what runs when the runtime ends is failed by the next one, with the cause', async () => {
  using state = openState({ file: ':memory:' })
  const before = await setUp(one(WAIT_FOR_MESSAGE), { state })
  const { arn } = before.states.start(MACHINE, {})
  await before.until(() => before.asked.length === 1)
  await before.states.close()

  const after = await setUp(one(WAIT_FOR_MESSAGE), { state })
  after.states.endLeftovers()

  expect(after.states.describe(arn)).toMatchObject({ status: 'FAILED', error: 'Runtime.Restarted' })
  expect(after.statuses.map(({ status }) => status)).toEqual(['FAILED'])
  expect(after.types(arn).at(-1)).toBe('ExecutionFailed')
})
