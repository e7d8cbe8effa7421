import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn'
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { expect, test } from 'vitest'
import type { JsonObject } from '#local/template/index.ts'
import { queuePolicy } from '../../fixtures/queue-policy.ts'
import { LOGS, lambdaFunction, role, type TemplateResources } from '../resources/set-up.ts'
import { start, writeAssembly } from './set-up.ts'

const ACCOUNT = 'us-east-1:000000000000'
const queueArn = (name: string) => `arn:aws:sqs:${ACCOUNT}:${name}`
const DEFINITION = {
  StartAt: 'Double',
  States: {
    Double: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: { FunctionName: 'double', 'Payload.$': '$' },
      ResultSelector: { 'value.$': '$.Payload' },
      Next: 'Ask',
    },
    Ask: {
      Type: 'Task',
      Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
      Parameters: {
        QueueUrl: `http://127.0.0.1/000000000000/asked`,
        MessageBody: { 'token.$': '$$.Task.Token', 'value.$': '$.value' },
      },
      ResultPath: '$.answer',
      Next: 'Tell',
    },
    Tell: {
      Type: 'Task',
      Resource: 'arn:aws:states:::events:putEvents',
      Parameters: { Entries: [{ Source: 'flow', DetailType: 'Done', 'Detail.$': '$' }] },
      ResultPath: null,
      Next: 'Forbidden',
    },
    // the role has no right to it
    Forbidden: {
      Type: 'Task',
      Resource: `arn:aws:lambda:${ACCOUNT}:function:other`,
      Catch: [{ ErrorEquals: ['States.Permissions'], Next: 'End', ResultPath: null }],
      End: true,
    },
    End: { Type: 'Succeed' },
  },
}
const RESOURCES = {
  Asked: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'asked' } },
  Told: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'told' } },
  Role: role([LOGS]),
  Double: lambdaFunction('double'),
  FlowRole: {
    ...role(
      [
        { action: 'lambda:InvokeFunction', resource: `arn:aws:lambda:${ACCOUNT}:function:double` },
        { action: 'sqs:SendMessage', resource: queueArn('asked') },
        { action: 'events:PutEvents', resource: `arn:aws:events:${ACCOUNT}:event-bus/default` },
      ],
      'states.amazonaws.com',
    ),
  },
  Flow: {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: {
      StateMachineName: 'flow',
      RoleArn: { 'Fn::GetAtt': ['FlowRole', 'Arn'] },
      DefinitionString: JSON.stringify(DEFINITION),
    },
  },
  Rule: {
    Type: 'AWS::Events::Rule',
    Properties: {
      Name: 'told',
      EventPattern: {
        $or: [{ source: ['flow'] }, { source: ['aws.states'], detail: { status: ['SUCCEEDED', 'ABORTED'] } }],
      },
      Targets: [{ Id: 'told', Arn: queueArn('told') }],
    },
  },
  Policy: queuePolicy('Told', queueArn('told')),
} as const

test('a state machine calls what its role allows, waits for a token, and tells of its end', async () => {
  const flowRole: TemplateResources[string] = {
    ...RESOURCES.FlowRole,
    Properties: { ...RESOURCES.FlowRole.Properties, RoleName: 'flow' },
  }
  const template = { Resources: { ...RESOURCES, FlowRole: flowRole } } as unknown as JsonObject
  const { runtime, client } = await start(
    writeAssembly(template, { double: 'export const handler = async ({ n }) => n * 2' }),
  )
  const states = new SFNClient(client)
  const sqs = new SQSClient(client)
  const receive = async (name: string) => {
    const QueueUrl = `${runtime.apiUrl}/000000000000/${name}`
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 10 }))
    return JSON.parse(Messages[0]?.Body ?? 'null')
  }
  const stateMachineArn = `arn:aws:states:${ACCOUNT}:stateMachine:flow`

  const { executionArn } = await states.send(
    new StartExecutionCommand({ stateMachineArn, name: 'one', input: '{"n":21}' }),
  )
  const { token, value } = await receive('asked')
  await states.send(new SendTaskSuccessCommand({ taskToken: token, output: '"yes"' }))
  const told = await receive('told')
  const end = await receive('told')

  expect(value).toBe(42)
  expect(told).toMatchObject({
    source: 'flow',
    detail: { value: 42, answer: 'yes' },
    resources: [stateMachineArn, executionArn],
  })
  expect(end).toMatchObject({ source: 'aws.states', detail: { status: 'SUCCEEDED', name: 'one' } })
  expect(await states.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
    status: 'SUCCEEDED',
    output: '{"value":42,"answer":"yes"}',
  })
  const history = await states.send(new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 3 }))
  expect(history.events?.[0]?.type).toBe('ExecutionSucceeded')
  expect(history.nextToken).toBeDefined()
  await expect(states.send(new SendTaskSuccessCommand({ taskToken: token, output: '1' }))).rejects.toMatchObject({
    name: 'TaskTimedOut',
  })

  const second = await states.send(new StartExecutionCommand({ stateMachineArn, name: 'two', input: '{"n":1}' }))
  await receive('asked')
  await states.send(new StopExecutionCommand({ executionArn: second.executionArn, error: 'Enough' }))
  expect((await receive('told')).detail).toMatchObject({ status: 'ABORTED', error: 'Enough' })
  const { executions } = await states.send(new ListExecutionsCommand({ stateMachineArn }))
  expect(executions?.map(({ name, status }) => [name, status])).toEqual([
    ['two', 'ABORTED'],
    ['one', 'SUCCEEDED'],
  ])
})
