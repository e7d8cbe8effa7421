import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { WorkflowInput } from '#contract/index.ts'
import { createStartExecution } from '#functions/starter/start-execution.ts'
import { TARGET } from './set-up.ts'

const lambda = mockClient(LambdaClient)
const stepFunctions = mockClient(SFNClient)
const MACHINE = { arn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:bridge-review', running_seconds: 600 }
const INPUT = { request: { execution: 'abc-0' }, payload: { action: 'ü' } } as unknown as WorkflowInput
const failure = (name: string) => Object.assign(new Error('of the service'), { name })

beforeEach(() => {
  lambda.reset()
  stepFunctions.reset()
})
afterAll(() => {
  lambda.restore()
  stepFunctions.restore()
})

test('a durable function is invoked asynchronously by its qualified name, under the name of the execution', async () => {
  lambda.on(InvokeCommand).resolves({ StatusCode: 202 })
  await createStartExecution()('review', TARGET, INPUT)

  const [call] = lambda.commandCalls(InvokeCommand)
  expect(call?.args[0].input).toMatchObject({
    FunctionName: TARGET.arn,
    InvocationType: 'Event',
    DurableExecutionName: 'abc-0',
  })
  expect(JSON.parse(new TextDecoder().decode(call?.args[0].input.Payload as Uint8Array))).toEqual(INPUT)
})

test('a state machine is started under the name of the execution', async () => {
  stepFunctions.on(StartExecutionCommand).resolves({})
  await createStartExecution()('review', MACHINE, INPUT)

  expect(stepFunctions.commandCalls(StartExecutionCommand)[0]?.args[0].input).toEqual({
    stateMachineArn: MACHINE.arn,
    name: 'abc-0',
    input: JSON.stringify(INPUT),
  })
  expect(lambda.calls()).toEqual([])
})

describe.each([
  ['durable function', TARGET, 'DurableExecutionAlreadyStartedException'],
  ['state machine', MACHINE, 'ExecutionAlreadyExists'],
])('of a %s', (_, target, alreadyThere) => {
  const failWith = (name: string) => {
    lambda.on(InvokeCommand).rejects(failure(name))
    stepFunctions.on(StartExecutionCommand).rejects(failure(name))
    return createStartExecution()('review', target, INPUT)
  }

  test('an execution that is there already is as good as started', async () => {
    await expect(failWith(alreadyThere)).resolves.toBeUndefined()
  })

  test.each([
    'AccessDeniedException',
    'ResourceNotFoundException',
    'StateMachineDoesNotExist',
    'InvalidParameterValueException',
  ])('%s is told with a code: no repeat can mend it', async (name) => {
    await expect(failWith(name)).rejects.toMatchObject({
      code: 'workflow_unavailable',
      details: { workflow: 'review' },
      cause: { name },
    })
  })

  test.each([
    'TooManyRequestsException',
    'ExecutionLimitExceeded',
    'ThrottlingException',
    'TimeoutError',
    'ServiceException',
  ])('%s may have started it and is thrown as it is, for Lambda to repeat', async (name) => {
    await expect(failWith(name)).rejects.toThrow('of the service')
  })
})
