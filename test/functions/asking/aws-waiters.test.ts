import {
  CallbackTimeoutException,
  InvokeCommand,
  LambdaClient,
  SendDurableExecutionCallbackFailureCommand,
  SendDurableExecutionCallbackHeartbeatCommand,
  SendDurableExecutionCallbackSuccessCommand,
} from '@aws-sdk/client-lambda'
import {
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
  TaskTimedOut,
} from '@aws-sdk/client-sfn'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { DeliverCommand } from '#contract/index.ts'
import { createAwsWaiters } from '../../../functions/shared/asking/aws-waiters.ts'
import { createDeliver } from '../../../functions/shared/asking/publisher-client.ts'

const DURABLE = { kind: 'durable', callback_id: 'Q2FsbA==' } as const
const TASK = { kind: 'step_functions', task_token: 'token' } as const
const ANSWER = { request_id: 'lamp-1~1', client_id: 'lamp-1', correlation_id: '1', answer: { status: 200 } }
const FAILURE = { code: 'device_offline', message: 'the device is not connected, and was not asked' }

const lambda = new LambdaClient({ region: 'us-east-1' })
const stepFunctions = new SFNClient({ region: 'us-east-1' })
const lambdaMock = mockClient(lambda)
const stepFunctionsMock = mockClient(stepFunctions)
const waiters = createAwsWaiters({ lambda, stepFunctions })
beforeEach(() => {
  lambdaMock.reset()
  stepFunctionsMock.reset()
  lambdaMock.onAnyCommand().resolves({})
  stepFunctionsMock.onAnyCommand().resolves({})
})
afterAll(() => {
  lambdaMock.restore()
  stepFunctionsMock.restore()
})

describe('a durable execution', () => {
  test('gets the answer as the result of its callback', async () => {
    expect(await waiters.succeed(DURABLE, ANSWER)).toBe('told')
    const [call] = lambdaMock.commandCalls(SendDurableExecutionCallbackSuccessCommand)
    expect(call?.args[0].input.CallbackId).toBe('Q2FsbA==')
    expect(JSON.parse(Buffer.from((call?.args[0].input.Result as Uint8Array) ?? []).toString())).toEqual(ANSWER)
  })

  test('gets a failure under its code', async () => {
    expect(await waiters.fail(DURABLE, FAILURE)).toBe('told')
    expect(lambdaMock.commandCalls(SendDurableExecutionCallbackFailureCommand)[0]?.args[0].input).toEqual({
      CallbackId: 'Q2FsbA==',
      Error: { ErrorType: FAILURE.code, ErrorMessage: FAILURE.message, ErrorData: JSON.stringify(FAILURE) },
    })
  })

  test('gets a heartbeat', async () => {
    expect(await waiters.heartbeat(DURABLE)).toBe('told')
    expect(lambdaMock.commandCalls(SendDurableExecutionCallbackHeartbeatCommand)).toHaveLength(1)
  })

  test('that waits no longer is gone, and what is busy is busy', async () => {
    lambdaMock.onAnyCommand().rejects(new CallbackTimeoutException({ message: 'closed', $metadata: {} }))
    expect(await waiters.succeed(DURABLE, ANSWER)).toBe('gone')
    const busy = Object.assign(new Error('slow down'), { name: 'TooManyRequestsException' })
    lambdaMock.onAnyCommand().rejects(busy)
    await expect(waiters.fail(DURABLE, FAILURE)).rejects.toBe(busy)
  })
})

describe('a task of Step Functions', () => {
  test('gets the answer as its output', async () => {
    expect(await waiters.succeed(TASK, ANSWER)).toBe('told')
    const input = { taskToken: 'token', output: JSON.stringify(ANSWER) }
    expect(stepFunctionsMock.commandCalls(SendTaskSuccessCommand)[0]?.args[0].input).toEqual(input)
  })

  test('gets a failure under its code, and a cause within the limit of the service', async () => {
    expect(await waiters.fail(TASK, { ...FAILURE, device: 'x'.repeat(40_000) })).toBe('told')
    const input = stepFunctionsMock.commandCalls(SendTaskFailureCommand)[0]?.args[0].input
    expect(input).toEqual({ taskToken: 'token', error: 'device_offline', cause: JSON.stringify(FAILURE) })
  })

  test('gets a heartbeat, and one that has timed out is gone', async () => {
    expect(await waiters.heartbeat(TASK)).toBe('told')
    expect(stepFunctionsMock.commandCalls(SendTaskHeartbeatCommand)).toHaveLength(1)
    stepFunctionsMock.onAnyCommand().rejects(new TaskTimedOut({ message: 'late', $metadata: {} }))
    expect(await waiters.heartbeat(TASK)).toBe('gone')
  })
})

describe('the publisher', () => {
  const deliver = createDeliver('publisher', lambda)
  const command = { deliver: { client_id: 'lamp-1' } } as DeliverCommand
  const answers = (text: string, fault?: string) =>
    lambdaMock.on(InvokeCommand).resolves({
      Payload: Buffer.from(text) as never,
      ...(fault !== undefined && { FunctionError: fault }),
    })

  test('is asked to send, and says what became of it', async () => {
    answers('{"delivered":"offline"}')
    expect(await deliver(command)).toEqual({ delivered: 'offline' })
    const input = lambdaMock.commandCalls(InvokeCommand)[0]?.args[0].input
    expect(input?.FunctionName).toBe('publisher')
    expect(JSON.parse(Buffer.from((input?.Payload as Uint8Array) ?? []).toString())).toEqual(command)
  })

  test.each([
    ['{"errorType":"publish_failed"}', 'Unhandled'],
    ['{"delivered":"perhaps"}', undefined],
    ['', undefined],
  ])('that answers %j has failed', async (text, fault) => {
    answers(text, fault)
    await expect(deliver(command)).rejects.toMatchObject({ code: 'publish_failed' })
  })
})
