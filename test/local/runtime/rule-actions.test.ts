import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { IoTDataPlaneClient, PublishCommand } from '@aws-sdk/client-iot-data-plane'
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { JsonObject } from '#local/template/index.ts'
import { lambdaArn, role, type TemplateResources } from '../resources/set-up.ts'
import { CODE, RESOURCES, start, writeAssembly } from './set-up.ts'

const arn = (service: string, resource: string) => `arn:aws:${service}:us-east-1:000000000000:${resource}`
const ROLE_ARN = 'arn:aws:iam::000000000000:role/rules'
const QUEUE_GRANT = { action: 'sqs:SendMessage', resource: arn('sqs', 'jobs') }
const SQS_ACTION = { Sqs: { QueueUrl: { Ref: 'Queue' }, RoleArn: ROLE_ARN } }
const PUT_ACTION = { DynamoDBv2: { PutItem: { TableName: 'things' }, RoleArn: ROLE_ARN } }

function rule(RuleName: string, Sql: string, Actions: JsonObject[]): TemplateResources[string] {
  const TopicRulePayload = { Sql, AwsIotSqlVersion: '2016-03-23', Actions, ErrorAction: SQS_ACTION }
  return { Type: 'AWS::IoT::TopicRule', Properties: { RuleName, TopicRulePayload } }
}

function rulesRole(grants: Parameters<typeof role>[0]): TemplateResources[string] {
  const { Properties, ...others } = role(grants, 'iot.amazonaws.com')
  return { ...others, Properties: { ...Properties, RoleName: 'rules' } }
}

async function startWith(resources: TemplateResources) {
  const { runtime, client } = await start(writeAssembly({ Resources: { ...RESOURCES, ...resources } }, CODE))
  const data = new IoTDataPlaneClient(client)
  const sqs = new SQSClient(client)
  const dynamoDb = new DynamoDBClient(client)
  onTestFinished(() => {
    for (const one of [data, sqs, dynamoDb]) one.destroy()
  })
  return {
    runtime,
    publish: (topic: string, payload: object) =>
      data.send(new PublishCommand({ topic, qos: 1, payload: new TextEncoder().encode(JSON.stringify(payload)) })),
    async item(id: string) {
      return (await dynamoDb.send(new GetItemCommand({ TableName: 'things', Key: { id: { S: id } } }))).Item
    },
    async queued() {
      const QueueUrl = `${runtime.apiUrl}/000000000000/jobs`
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))
      return Messages.map(({ Body = '' }) => JSON.parse(Body))
    },
  }
}

describe('actions of topic rules on the services of the runtime', () => {
  test('republish, and store what comes of it', async () => {
    const grants = [
      { action: 'iot:Publish', resource: arn('iot', 'topic/store/*') },
      { action: 'dynamodb:PutItem', resource: arn('dynamodb', 'table/things') },
      QUEUE_GRANT,
    ]
    const { publish, item, queued, runtime } = await startWith({
      RulesRole: rulesRole(grants),
      Forward: rule('forward', "SELECT * FROM 'in'", [
        { Republish: { Topic: 'store/${id}', Qos: 1, RoleArn: ROLE_ARN } },
      ]),
      Store: rule('store', "SELECT *, topic(2) AS level, clientid() AS sender FROM 'store/+'", [PUT_ACTION]),
    })

    await publish('in', { id: 'a', n: 1.5 })

    const stored = { id: { S: 'a' }, n: { N: '1.5' }, level: { S: 'a' }, sender: { S: 'n/a' } }
    expect(await item('a')).toEqual(stored)
    expect(await queued()).toEqual([])
    const used = runtime.grantUse().filter(({ role: name, uses }) => name === 'rules' && uses > 0)
    expect(used.map(({ action }) => action)).toEqual(['iot:Publish', 'dynamodb:PutItem'])
  })

  test('are refused without the grant, on another topic, and by a table without its key, each with the reason', async () => {
    const { publish, queued } = await startWith({
      RulesRole: rulesRole([QUEUE_GRANT, { action: 'iot:Publish', resource: arn('iot', 'topic/out') }]),
      Forward: rule('forward', "SELECT * FROM 'in'", [{ Republish: { Topic: 'out/${id}', RoleArn: ROLE_ARN } }]),
      Store: rule('store', "SELECT * FROM 'store'", [PUT_ACTION]),
    })

    await publish('in', { id: 'a' })
    await publish('store', { id: 'a' })

    const failures = (await queued()).flatMap((report) => report.failures)
    expect(failures).toEqual([
      {
        failedAction: 'RepublishAction',
        failedResource: 'out/${id}',
        errorMessage: expect.stringContaining(`iot:Publish on resource: ${arn('iot', 'topic/out/a')}`),
      },
      {
        failedAction: 'DynamoDBv2Action',
        failedResource: 'things',
        errorMessage: expect.stringContaining('dynamodb:PutItem'),
      },
    ])
  })

  test('fail for an item without its key', async () => {
    const { publish, queued } = await startWith({
      RulesRole: rulesRole([QUEUE_GRANT, { action: 'dynamodb:PutItem', resource: arn('dynamodb', 'table/things') }]),
      Store: rule('store', "SELECT * FROM 'store'", [PUT_ACTION]),
    })

    await publish('store', { other: 'a' })

    expect((await queued())[0].failures).toMatchObject([
      { errorMessage: expect.stringMatching(/^ValidationException: /) },
    ])
  })
})

test('statements ask functions, tables, secrets and the registry, with the rights that AWS wants', async () => {
  const sql = `SELECT get_dynamodb('things', 'id', id, '${ROLE_ARN}').n AS n,
    aws_lambda('${lambdaArn('echo')}', id).echo AS echoed,
    get_secret('key', 'SecretString', '${ROLE_ARN}') AS secret,
    get_registry_data('DescribeThing', 'lamp', '${ROLE_ARN}').attributes.room AS room FROM 'ask'`
  const permission: TemplateResources[string] = {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      FunctionName: { Ref: 'Echo' },
      Action: 'lambda:InvokeFunction',
      Principal: 'iot.amazonaws.com',
      SourceArn: arn('iot', 'rule/ask'),
      SourceAccount: '000000000000',
    },
  }
  const { publish, queued } = await startWith({
    RulesRole: rulesRole([
      QUEUE_GRANT,
      { action: ['dynamodb:GetItem', 'dynamodb:PutItem'], resource: arn('dynamodb', 'table/things') },
      { action: 'secretsmanager:GetSecretValue', resource: arn('secretsmanager', 'secret:key-*') },
      { action: 'iot:DescribeThing', resource: arn('iot', 'thing/lamp') },
    ]),
    Permission: permission,
    Lamp: {
      Type: 'AWS::IoT::Thing',
      Properties: { ThingName: 'lamp', AttributePayload: { Attributes: { room: 'hall' } } },
    },
    Store: rule('store', "SELECT * FROM 'store'", [PUT_ACTION]),
    Ask: rule('ask', sql, [SQS_ACTION]),
  })

  await publish('store', { id: 'a', n: 7 })
  await publish('ask', { id: 'a' })

  expect(await queued()).toEqual([{ n: 7, echoed: 'a', secret: expect.stringMatching(/^.{40}$/), room: 'hall' }])
})
