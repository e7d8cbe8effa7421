import {
  EventBridgeClient,
  ListRulesCommand,
  PutEventsCommand,
  TestEventPatternCommand,
} from '@aws-sdk/client-eventbridge'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { expect, test } from 'vitest'
import type { JsonObject } from '#local/template/index.ts'
import { queuePolicy } from '../../fixtures/queue-policy.ts'
import { LOGS, lambdaFunction, role, type TemplateResources } from '../resources/set-up.ts'
import { start, writeAssembly } from './set-up.ts'

const ACCOUNT = 'us-east-1:000000000000'
const queueArn = (name: string) => `arn:aws:sqs:${ACCOUNT}:${name}`
const queue = (name: string): TemplateResources[string] => ({
  Type: 'AWS::SQS::Queue',
  Properties: { QueueName: name },
})
const rule = (properties: JsonObject): TemplateResources[string] => ({
  Type: 'AWS::Events::Rule',
  Properties: properties,
})

const RESOURCES: TemplateResources = {
  Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'shop' } },
  Orders: queue('orders'),
  Dead: queue('dead'),
  Ended: queue('ended'),
  Role: role([
    LOGS,
    {
      action: ['lambda:CheckpointDurableExecution', 'lambda:GetDurableExecutionState'],
      resource: `arn:aws:lambda:${ACCOUNT}:function:flow:*`,
    },
  ]),
  Flow: lambdaFunction('flow', { DurableConfig: { ExecutionTimeout: 60 } }),
  OrderRule: rule({
    EventBusName: { Ref: 'Bus' },
    EventPattern: { source: ['web'], detail: { amount: [{ numeric: ['>', 10] }] } },
    Targets: [{ Id: 'orders', Arn: queueArn('orders'), InputPath: '$.detail' }],
  }),
  OrderPolicy: queuePolicy('Orders', queueArn('orders'), { 'Fn::GetAtt': ['OrderRule', 'Arn'] }),
  DeniedRule: rule({
    EventBusName: { Ref: 'Bus' },
    EventPattern: { source: ['denied'] },
    Targets: [{ Id: 'ended', Arn: queueArn('ended'), DeadLetterConfig: { Arn: queueArn('dead') } }],
  }),
  DeadPolicy: queuePolicy('Dead', queueArn('dead'), { 'Fn::GetAtt': ['DeniedRule', 'Arn'] }),
  EndedRule: rule({
    Name: 'ended',
    EventPattern: { source: ['aws.lambda'], 'detail-type': ['Durable Execution Status Change'] },
    Targets: [{ Id: 'ended', Arn: queueArn('ended') }],
  }),
  EndedPolicy: queuePolicy('Ended', queueArn('ended'), { 'Fn::GetAtt': ['EndedRule', 'Arn'] }),
}
// what the SDK would return for an execution that has done nothing
const CODE = { flow: "export const handler = async () => ({ Status: 'SUCCEEDED', Result: '1' })" }

test('events reach queues by rules, what may not be sent goes to the dead-letter queue, and Lambda tells of its executions', async () => {
  const { runtime, client } = await start(writeAssembly({ Resources: RESOURCES as unknown as JsonObject }, CODE))
  const events = new EventBridgeClient(client)
  const sqs = new SQSClient(client)
  const receive = async (name: string) => {
    const QueueUrl = `${runtime.apiUrl}/000000000000/${name}`
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        WaitTimeSeconds: 10,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
      }),
    )
    return Messages
  }
  const entry = (Source: string, detail: object, EventBusName = 'shop') => ({
    Source,
    DetailType: 'Order',
    Detail: JSON.stringify(detail),
    EventBusName,
  })

  const { FailedEntryCount, Entries } = await events.send(
    new PutEventsCommand({
      Entries: [
        entry('web', { amount: 5 }),
        entry('web', { amount: 50 }),
        entry('denied', {}),
        entry('aws.lambda', {}),
        entry('web', {}, 'nowhere'),
        { ...entry('web', {}), Detail: '[' },
      ],
    }),
  )

  expect(FailedEntryCount).toBe(3)
  expect(Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
    undefined,
    undefined,
    undefined,
    'NotAuthorizedForSourceException',
    'ResourceNotFoundException',
    'MalformedDetail',
  ])
  expect((await receive('orders')).map(({ Body }) => Body)).toEqual(['{"amount":50}'])
  expect(await receive('dead')).toMatchObject([
    { MessageAttributes: { ERROR_CODE: { StringValue: 'NO_PERMISSIONS' } } },
  ])

  await new LambdaClient(client).send(
    new InvokeCommand({ FunctionName: 'flow:$LATEST', DurableExecutionName: 'one', Payload: Buffer.from('{}') }),
  )
  const told = [...(await receive('ended')), ...(await receive('ended'))].map(({ Body = '' }) => JSON.parse(Body))
  expect(told.map(({ detail }) => [detail.durableExecutionName, detail.status])).toEqual([
    ['one', 'RUNNING'],
    ['one', 'SUCCEEDED'],
  ])
  expect(told[1].detail.endTimestamp).toMatch(/^\d{4}-.*Z$/)

  const rules = await events.send(new ListRulesCommand({}))
  expect(rules.Rules?.map(({ Name, State }) => [Name, State])).toEqual([['ended', 'ENABLED']])
  const tried = new TestEventPatternCommand({ EventPattern: '{"source":["web"]}', Event: '{"source":"web"}' })
  expect(await events.send(tried)).toMatchObject({ Result: true })
})
