import {
  GetDurableExecutionCommand,
  GetDurableExecutionHistoryCommand,
  LambdaClient,
  ListDurableExecutionsByFunctionCommand,
} from '@aws-sdk/client-lambda'
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SFNClient,
} from '@aws-sdk/client-sfn'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Target } from '../../../cli/target.ts'
import { openWorkflows } from '../../../cli/workflow/open-workflows.ts'

const lambda = mockClient(LambdaClient)
const stepFunctions = mockClient(SFNClient)
const target = { aws: { region: 'eu-west-1' }, stage: 'prod' } as unknown as Target
const at = (second: number) => new Date(Date.UTC(2026, 10, 21, 12, 0, second))
const failure = (name: string) => Object.assign(new Error('of the service'), { name })
const DURABLE = 'arn:aws:lambda:eu-west-1:123456789012:function:mqtt-cloud-bridge-prod-review:1/durable-execution'
const MACHINE = 'arn:aws:states:eu-west-1:123456789012:stateMachine:mqtt-cloud-bridge-prod-review'
const durable = (name: string, second: number) => ({
  DurableExecutionName: name,
  DurableExecutionArn: `${DURABLE}/${name}/1`,
  FunctionArn: 'arn',
  Status: 'RUNNING' as const,
  StartTimestamp: at(second),
})

beforeEach(() => {
  lambda.reset()
  stepFunctions.reset()
  stepFunctions.on(ListStateMachinesCommand).resolves({ stateMachines: [] })
})
afterAll(() => {
  lambda.restore()
  stepFunctions.restore()
})

describe('a workflow that is a durable function', () => {
  test('is listed page by page, the newest first, as many as asked for', async () => {
    lambda
      .on(ListDurableExecutionsByFunctionCommand)
      .resolvesOnce({ DurableExecutions: [durable('a', 1), durable('b', 2)], NextMarker: 'm' })
      .resolves({ DurableExecutions: [durable('c', 3), durable('d', 4)] })

    const found = await openWorkflows(target).list({ limit: 3, status: 'RUNNING' })
    expect(found.map(({ name, engine, workflow }) => [name, engine, workflow])).toEqual([
      ['c', 'durable function', 'review'],
      ['b', 'durable function', 'review'],
      ['a', 'durable function', 'review'],
    ])
    expect(lambda.commandCalls(ListDurableExecutionsByFunctionCommand).map(({ args }) => args[0].input)).toMatchObject([
      { FunctionName: 'mqtt-cloud-bridge-prod-review', Statuses: ['RUNNING'], MaxItems: 3 },
      { Marker: 'm', MaxItems: 1 },
    ])
    expect(stepFunctions.commandCalls(ListExecutionsCommand)).toEqual([])
  })

  test('shows one execution with its whole history', async () => {
    lambda.on(ListDurableExecutionsByFunctionCommand).resolves({ DurableExecutions: [durable('a', 1)] })
    lambda.on(GetDurableExecutionCommand).resolves({ InputPayload: '{}', Error: { ErrorType: 'StepError' } })
    lambda
      .on(GetDurableExecutionHistoryCommand)
      .resolvesOnce({
        Events: [{ EventType: 'StepStarted', Id: '1', Name: 'evaluate', EventTimestamp: at(1) }],
        NextMarker: 'm',
      })
      .resolves({ Events: [{ EventType: 'StepSucceeded', Id: '1', EventTimestamp: at(2) }] })

    expect(await openWorkflows(target).show('a')).toMatchObject({
      name: 'a',
      error: 'StepError',
      input: '{}',
      steps: [{ name: 'evaluate', state: 'succeeded' }],
    })
  })
})

describe('a workflow that is a state machine', () => {
  beforeEach(() => {
    lambda.on(ListDurableExecutionsByFunctionCommand).rejects(failure('ResourceNotFoundException'))
    stepFunctions
      .on(ListStateMachinesCommand)
      .resolvesOnce({ stateMachines: [], nextToken: 'n' })
      .resolves({
        stateMachines: [
          {
            name: 'mqtt-cloud-bridge-prod-review',
            stateMachineArn: MACHINE,
            type: 'STANDARD',
            creationDate: at(0),
          },
        ],
      })
  })

  test('is listed, and what was aborted there is stopped here', async () => {
    const execution = { name: 'a', executionArn: 'arn', stateMachineArn: MACHINE, startDate: at(1) }
    stepFunctions.on(ListExecutionsCommand).resolves({ executions: [{ ...execution, status: 'ABORTED' }] })

    expect(await openWorkflows(target).list({ limit: 3, status: 'STOPPED' })).toMatchObject([
      { name: 'a', engine: 'state machine', status: 'STOPPED' },
    ])
    const [call] = stepFunctions.commandCalls(ListExecutionsCommand)
    expect(call?.args[0].input).toMatchObject({ stateMachineArn: MACHINE, statusFilter: 'ABORTED' })
  })

  test('shows one execution state by state, without what was sent', async () => {
    stepFunctions.on(DescribeExecutionCommand).resolves({ name: 'a', status: 'RUNNING', startDate: at(1), input: '{}' })
    stepFunctions.on(GetExecutionHistoryCommand).resolves({
      events: [{ id: 1, type: 'TaskStateEntered', timestamp: at(1), stateEnteredEventDetails: { name: 'Evaluate' } }],
    })

    expect(await openWorkflows(target).show('a')).toMatchObject({ steps: [{ name: 'Evaluate', state: 'running' }] })
    const [call] = stepFunctions.commandCalls(GetExecutionHistoryCommand)
    expect(call?.args[0].input).toMatchObject({
      executionArn: `${MACHINE.replace('stateMachine', 'execution')}:a`,
      includeExecutionData: false,
    })
  })

  test('knows no execution that is not there', async () => {
    stepFunctions.on(DescribeExecutionCommand).rejects(failure('ExecutionDoesNotExist'))
    stepFunctions.on(GetExecutionHistoryCommand).rejects(failure('ExecutionDoesNotExist'))

    await expect(openWorkflows(target).show('a')).rejects.toMatchObject({ code: 'execution_unknown' })
  })
})

test('executions of a function whose place a state machine has taken are listed with its own', async () => {
  lambda.on(ListDurableExecutionsByFunctionCommand).resolves({ DurableExecutions: [durable('before', 1)] })
  const machine = { name: 'mqtt-cloud-bridge-prod-review', stateMachineArn: MACHINE, creationDate: at(2) }
  stepFunctions.on(ListStateMachinesCommand).resolves({ stateMachines: [{ ...machine, type: 'STANDARD' }] })
  const execution = { name: 'after', executionArn: 'arn', stateMachineArn: MACHINE, startDate: at(3) }
  stepFunctions.on(ListExecutionsCommand).resolves({ executions: [{ ...execution, status: 'RUNNING' }] })

  expect((await openWorkflows(target).list({ limit: 3 })).map(({ name }) => name)).toEqual(['after', 'before'])
})

test('what the caller may not do is told as it is', async () => {
  lambda.on(ListDurableExecutionsByFunctionCommand).rejects(failure('AccessDeniedException'))

  await expect(openWorkflows(target).list({ limit: 1 })).rejects.toThrow('of the service')
})
