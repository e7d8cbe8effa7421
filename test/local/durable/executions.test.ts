import {
  CheckpointDurableExecutionCommand,
  GetDurableExecutionCommand,
  GetDurableExecutionHistoryCommand,
  GetDurableExecutionStateCommand,
  InvokeCommand,
  ListDurableExecutionsByFunctionCommand,
  SendDurableExecutionCallbackSuccessCommand,
  StopDurableExecutionCommand,
} from '@aws-sdk/client-lambda'
import { describe, expect, test } from 'vitest'
import { openState } from '#local/state/index.ts'
import { setUp } from './set-up.ts'

const event = (workflow: string, input: unknown = null) => Buffer.from(JSON.stringify({ workflow, input }))

describe('a start', () => {
  test('by a name that is there finds the execution, and another input is refused', async () => {
    const { client, start, finish } = await setUp({ executionTimeoutSeconds: 900 })
    const arn = await start('steps', 'a', 'order-1')

    expect(await start('steps', 'a', 'order-1')).toBe(arn)
    await expect(start('steps', 'b', 'order-1')).rejects.toMatchObject({
      name: 'DurableExecutionAlreadyStartedException',
      $metadata: { httpStatusCode: 409 },
    })
    await finish(arn)
    expect(await start('steps', 'a', 'order-1')).toBe(arn)
    const again = await client.send(
      new InvokeCommand({
        FunctionName: 'workflows:$LATEST',
        DurableExecutionName: 'order-1',
        Payload: event('steps', 'a'),
      }),
    )
    expect(JSON.parse(Buffer.from(again.Payload ?? []).toString())).toBe('a one two')
  })

  test.each([
    ['no qualifier', { FunctionName: 'workflows' }, 'You cannot invoke a durable function using an unqualified ARN.'],
    [
      'a name that is none',
      { FunctionName: 'workflows:$LATEST', DurableExecutionName: 'a b' },
      "'durableExecutionName'",
    ],
    ['a version that is not there', { FunctionName: 'workflows:7' }, 'Function not found'],
  ])('with %s is refused', async (_, request, message) => {
    const { client } = await setUp()

    await expect(client.send(new InvokeCommand({ ...request, Payload: event('steps') }))).rejects.toThrow(message)
  })

  test('that waits is refused where the execution may take longer than an invocation', async () => {
    const { client } = await setUp({ executionTimeoutSeconds: 901 })
    const invoke = new InvokeCommand({ FunctionName: 'workflows:$LATEST', Payload: event('steps') })

    await expect(client.send(invoke)).rejects.toThrow('executionTimeout greater than 15 minutes')
  })

  test('that waits is answered with the error of the execution', async () => {
    const { client } = await setUp({ executionTimeoutSeconds: 900 })

    const answer = await client.send(
      new InvokeCommand({ FunctionName: 'workflows:$LATEST', Payload: event('throwing') }),
    )

    expect(answer).toMatchObject({ FunctionError: 'Unhandled', ExecutedVersion: '$LATEST' })
    expect(JSON.parse(Buffer.from(answer.Payload ?? []).toString())).toMatchObject({
      errorType: 'RangeError',
      errorMessage: 'thrown',
    })
  })
})

describe('a checkpoint', () => {
  test('with a token of before is refused, and so is one of another execution', async () => {
    const { client, start, lambda, durable } = await setUp()
    const [arn, other] = [await start('callback'), await start('callback')]
    await lambda.idle()
    const checkpoint = (DurableExecutionArn: string, CheckpointToken: string) =>
      client.send(new CheckpointDurableExecutionCommand({ DurableExecutionArn, CheckpointToken, Updates: [] }))
    const token = Buffer.from(JSON.stringify([arn, 'gone', 0])).toString('base64')

    await expect(checkpoint(arn, token)).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: 'Invalid Checkpoint Token',
    })
    await expect(checkpoint(other, token)).rejects.toThrow('not valid for the durable execution ARN')
    await expect(
      client.send(new GetDurableExecutionStateCommand({ DurableExecutionArn: arn, CheckpointToken: token })),
    ).rejects.toThrow('Invalid Checkpoint Token')
    expect(durable.describe(arn).facts.status).toBe('RUNNING')
  })
})

test('state beyond what an event carries is fetched page by page', async () => {
  const { start, finish, durable } = await setUp()

  const { Status } = await finish(await start('manySteps', 80))

  expect(Status).toBe('SUCCEEDED')
  const [execution] = durable.list({ functionName: 'workflows', oldestFirst: false, count: 1 })
  // once before the wait, once after it: nothing ran twice
  expect(execution?.facts.changes).toBeGreaterThan(80)
  const events = durable.history(execution?.facts.arn ?? '', { newestFirst: false, count: 1_000 })
  expect(events.filter(({ EventType }) => EventType === 'StepSucceeded')).toHaveLength(80)
})

describe('an execution', () => {
  test('that is stopped ends with the reason given, and its callback can no longer be completed', async () => {
    const { client, start, callbackId, describe: get, statuses } = await setUp()
    const arn = await start('callback')
    const CallbackId = await callbackId(arn)

    await client.send(new StopDurableExecutionCommand({ DurableExecutionArn: arn, Error: { ErrorMessage: 'enough' } }))

    expect(await get(arn)).toMatchObject({ Status: 'STOPPED', Error: { ErrorMessage: 'enough' } })
    expect(statuses.map(({ status }) => status)).toEqual(['RUNNING', 'STOPPED'])
    await expect(
      client.send(new SendDurableExecutionCallbackSuccessCommand({ CallbackId, Result: Buffer.from('late') })),
    ).rejects.toMatchObject({ name: 'CallbackTimeoutException' })
  })

  test('that takes too long is ended, and its event goes to the dead-letter queue', async () => {
    const delivered: unknown[] = []
    const { start, finish } = await setUp({
      executionTimeoutSeconds: 10,
      async deliver(target, body, { errorMessage }) {
        delivered.push({ target, body, errorMessage })
      },
    })

    const { Status } = await finish(await start('callback', 'x'))

    expect(Status).toBe('TIMED_OUT')
    expect(delivered).toEqual([
      {
        target: 'arn:aws:sqs:us-east-1:000000000000:dead',
        body: { workflow: 'callback', input: 'x' },
        errorMessage: 'Execution timed out after 10 seconds.',
      },
    ])
  })

  test('is listed, described and told event by event, page by page, and forgotten after its retention', async () => {
    const { client, start, finish, clock, lambda } = await setUp()
    const arns = [await start('steps', 1), await start('throwing'), await start('steps', 2)]
    for (const arn of arns) await finish(arn)
    const list = (more: object) =>
      client.send(new ListDurableExecutionsByFunctionCommand({ FunctionName: 'workflows', ...more }))

    const first = await list({ MaxItems: 2 })
    const second = await list({ MaxItems: 2, Marker: first.NextMarker })
    const failed = await list({ Statuses: ['FAILED'] })
    const events = await client.send(
      new GetDurableExecutionHistoryCommand({ DurableExecutionArn: arns[0], MaxItems: 2, ReverseOrder: true }),
    )
    const bare = await client.send(
      new GetDurableExecutionHistoryCommand({ DurableExecutionArn: arns[0], IncludeExecutionData: false }),
    )

    const found = [...(first.DurableExecutions ?? []), ...(second.DurableExecutions ?? [])]
    expect(found.map(({ DurableExecutionArn }) => DurableExecutionArn)).toEqual([...arns].reverse())
    expect(second.NextMarker).toBeUndefined()
    expect(failed.DurableExecutions?.map(({ DurableExecutionArn }) => DurableExecutionArn)).toEqual([arns[1]])
    expect(events.Events?.map(({ EventType }) => EventType)).toEqual(['ExecutionSucceeded', 'InvocationCompleted'])
    expect(events.NextMarker).toBeDefined()
    expect(bare.Events?.[0]?.ExecutionStartedDetails?.Input).toEqual({ Truncated: true })
    await expect(list({ Statuses: ['FAILED', 'STOPPED'] })).rejects.toThrow('more than one status')

    clock.advance(86_400_000)
    await lambda.idle()
    await expect(client.send(new GetDurableExecutionCommand({ DurableExecutionArn: arns[0] }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
  })

  test('that invokes a function without the right to fails in that operation', async () => {
    const { start, finish } = await setUp({ forbidden: ['plain'] })

    expect(await finish(await start('invokesPlain', 1))).toMatchObject({
      Status: 'FAILED',
      Error: { ErrorMessage: 'User may not invoke it' },
    })
  })
})

test('what waits when the runtime ends goes on in the next one, and what was done is not done again', async () => {
  using state = openState({ file: ':memory:' })
  const before = await setUp({ state })
  const [callback, waiting] = [await before.start('callbackWithTimeout'), await before.start('childContext')]
  const id = await before.callbackId(callback)
  await before.close()

  const after = await setUp({ state, clock: before.clock, codePath: before.codePath })
  await after.client.send(
    new SendDurableExecutionCallbackSuccessCommand({ CallbackId: id, Result: Buffer.from('kept') }),
  )

  expect(await after.finish(callback)).toMatchObject({ Status: 'SUCCEEDED', Result: '"kept"' })
  expect(await after.finish(waiting)).toMatchObject({ Status: 'SUCCEEDED', Result: '"deep done"' })
  const events = after.durable.history(waiting, { newestFirst: false, count: 100 })
  expect(events.filter(({ EventType }) => EventType === 'StepStarted')).toHaveLength(1)
})

test('what waits while its function is changed goes on with the code of after the change', async () => {
  const { functions, definition, start, callbackId, client, finish } = await setUp()
  const arn = await start('callback')
  const CallbackId = await callbackId(arn)

  functions.redefine({ ...definition('workflows'), memoryMb: 300 })
  await client.send(new SendDurableExecutionCallbackSuccessCommand({ CallbackId, Result: Buffer.from('kept') }))

  expect(await finish(arn)).toMatchObject({ Status: 'SUCCEEDED', Result: '"kept"' })
})
