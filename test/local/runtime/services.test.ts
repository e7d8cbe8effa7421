import { IoTDataPlaneClient, PublishCommand } from '@aws-sdk/client-iot-data-plane'
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda'
import { PurgeQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { JsonObject } from '#local/template/index.ts'
import { LOGS, lambdaArn, lambdaFunction, role, type TemplateResources } from '../resources/set-up.ts'
import { CODE, RESOURCES, start, writeAssembly } from './set-up.ts'

const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:jobs'
const SQS_GRANT = { action: 'sqs:SendMessage', resource: QUEUE_ARN }
const RULE_ARN = 'arn:aws:iot:us-east-1:000000000000:rule/report'

async function startWith(resources: TemplateResources, code: Record<string, string> = {}) {
  const started = await start(writeAssembly({ Resources: { ...RESOURCES, ...resources } }, { ...CODE, ...code }))
  const clients = {
    lambda: new LambdaClient(started.client),
    data: new IoTDataPlaneClient(started.client),
    sqs: new SQSClient(started.client),
  }
  onTestFinished(() => {
    for (const client of Object.values(clients)) client.destroy()
  })
  const QueueUrl = `${started.runtime.apiUrl}/000000000000/jobs`
  return {
    ...started,
    ...clients,
    QueueUrl,
    async invoke(
      FunctionName: string,
      payload: unknown,
      InvocationType: 'Event' | 'RequestResponse' = 'RequestResponse',
    ) {
      const Payload = new TextEncoder().encode(JSON.stringify(payload))
      const answer = await clients.lambda.send(new InvokeCommand({ FunctionName, InvocationType, Payload }))
      const text = Buffer.from(answer.Payload ?? []).toString('utf8')
      return {
        status: answer.StatusCode,
        error: answer.FunctionError,
        payload: text === '' ? undefined : JSON.parse(text),
      }
    },
    /** Bodies and attributes of what waits in the queue. */
    async queued() {
      const { Messages = [] } = await clients.sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
      )
      return Messages.map(({ Body = '', MessageAttributes = {} }) => ({
        body: JSON.parse(Body),
        attributes: Object.fromEntries(
          Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]),
        ),
      }))
    },
  }
}

describe('the Lambda API', () => {
  test('invokes by name and by ARN, and answers with what the function returned', async () => {
    const { invoke } = await startWith({})

    expect(await invoke('echo', { n: 1 })).toEqual({ status: 200, error: undefined, payload: { echo: { n: 1 } } })
    expect(await invoke(lambdaArn('echo'), null)).toMatchObject({ payload: { echo: null } })
  })

  test('answers with the error of a function that threw', async () => {
    const { invoke } = await startWith(
      { Broken: lambdaFunction('broken') },
      { broken: "export const handler = async () => { throw new TypeError('no') }" },
    )

    expect(await invoke('broken', {})).toMatchObject({
      status: 200,
      error: 'Unhandled',
      payload: { errorType: 'TypeError', errorMessage: 'no' },
    })
  })

  test('takes an event with 202, and runs it', async () => {
    const { invoke, runtime } = await startWith({})

    const answer = await invoke('echo', { n: 1 }, 'Event')
    await runtime.idle()

    expect(answer).toEqual({ status: 202, error: undefined, payload: undefined })
    expect(runtime.functionStats().echo).toMatchObject({ asyncEventsReceived: 1, invocations: 1, queued: 0 })
  })

  test('refuses a function that is not there, and an operation that it does not know', async () => {
    const { lambda, invoke } = await startWith({})

    await expect(invoke('other', {})).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    await expect(lambda.send(new ListFunctionsCommand({}))).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: 'the local runtime has no Lambda operation GET /2015-03-31/functions',
    })
  })
})

describe('the SQS API', () => {
  test('sends and receives by the URL of the template', async () => {
    const { sqs, QueueUrl, queued } = await startWith({})

    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{"n":1}' }))

    expect(await queued()).toEqual([{ body: { n: 1 }, attributes: {} }])
  })

  test('refuses a queue that is not there', async () => {
    const { sqs, QueueUrl } = await startWith({})

    await expect(sqs.send(new PurgeQueueCommand({ QueueUrl: `${QueueUrl}-other` }))).rejects.toMatchObject({
      name: expect.stringContaining('QueueDoesNotExist'),
    })
  })
})

describe('an outcome of an asynchronous invocation', () => {
  const BROKEN = { broken: "export const handler = async () => { throw new TypeError('no') }" }
  const onFailure = (FunctionName: JsonObject): TemplateResources[string] => ({
    Type: 'AWS::Lambda::EventInvokeConfig',
    Properties: {
      FunctionName,
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Queue', 'Arn'] } } },
    },
  })

  test('reaches its destination as Lambda’s record', async () => {
    const { invoke, runtime, queued } = await startWith(
      {
        Role: role([LOGS, SQS_GRANT]),
        Broken: lambdaFunction('broken'),
        Config: onFailure({ Ref: 'Broken' }),
      },
      BROKEN,
    )

    await invoke('broken', { n: 1 }, 'Event')
    await runtime.idle()

    expect((await queued()).map(({ body }) => body)).toMatchObject([
      {
        requestContext: { functionArn: `${lambdaArn('broken')}:$LATEST`, condition: 'RetriesExhausted' },
        requestPayload: { n: 1 },
        responsePayload: { errorType: 'TypeError', errorMessage: 'no' },
      },
    ])
  })

  test('reaches the dead-letter queue as the event itself, with the error beside it', async () => {
    const { invoke, runtime, queued } = await startWith(
      {
        Role: role([LOGS, SQS_GRANT]),
        Broken: lambdaFunction('broken', { DeadLetterConfig: { TargetArn: { 'Fn::GetAtt': ['Queue', 'Arn'] } } }),
        Config: {
          Type: 'AWS::Lambda::EventInvokeConfig',
          Properties: { FunctionName: { Ref: 'Broken' }, MaximumRetryAttempts: 0 },
        },
      },
      BROKEN,
    )

    await invoke('broken', { n: 1 }, 'Event')
    await runtime.idle()

    expect(await queued()).toMatchObject([
      { body: { n: 1 }, attributes: { ErrorMessage: 'no', RequestID: expect.stringMatching(/^[0-9a-f-]{36}$/) } },
    ])
  })
})

describe('a topic rule', () => {
  const rule: TemplateResources[string] = {
    Type: 'AWS::IoT::TopicRule',
    Properties: {
      RuleName: 'report',
      TopicRulePayload: {
        Sql: "SELECT *, topic() AS topic FROM 'a/+'",
        AwsIotSqlVersion: '2016-03-23',
        Actions: [{ Lambda: { FunctionArn: { 'Fn::GetAtt': ['Echo', 'Arn'] } } }],
        ErrorAction: { Sqs: { QueueUrl: { Ref: 'Queue' }, RoleArn: { 'Fn::GetAtt': ['ErrorRole', 'Arn'] } } },
      },
    },
  }
  const errorRole = (
    grants: Parameters<typeof role>[0] = [SQS_GRANT],
    service = 'iot.amazonaws.com',
  ): TemplateResources[string] => {
    const { Properties, ...others } = role(grants, service)
    return { ...others, Properties: { ...Properties, RoleName: 'rule-errors' } }
  }
  const permission: TemplateResources[string] = {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      FunctionName: { Ref: 'Echo' },
      Action: 'lambda:InvokeFunction',
      Principal: 'iot.amazonaws.com',
      SourceArn: RULE_ARN,
      SourceAccount: '000000000000',
    },
  }
  const publish = new PublishCommand({ topic: 'a/b', payload: new TextEncoder().encode('{"n":1}'), qos: 1 })

  test('invokes its function with the permission for it', async () => {
    const { data, runtime, queued } = await startWith({ Rule: rule, ErrorRole: errorRole(), Permission: permission })

    await data.send(publish)
    await runtime.idle()

    expect(runtime.functionStats().echo).toMatchObject({ asyncEventsReceived: 1, invocations: 1 })
    expect(await queued()).toEqual([])
  })

  test('without permission sends the message to its error action, which says what was missing', async () => {
    const { data, queued, runtime } = await startWith({ Rule: rule, ErrorRole: errorRole() })

    await data.send(publish)

    expect((await queued()).map(({ body }) => body)).toMatchObject([
      {
        ruleName: 'report',
        topic: 'a/b',
        base64OriginalPayload: Buffer.from('{"n":1}').toString('base64'),
        failures: [
          {
            failedAction: 'LambdaAction',
            errorMessage: `AccessDenied: ${RULE_ARN} has no permission for lambda:InvokeFunction on ${lambdaArn('echo')}`,
          },
        ],
      },
    ])
    expect(runtime.functionStats().echo?.asyncEventsReceived).toBe(0)
  })

  test.each([
    ['has no grant for the queue', errorRole([LOGS])],
    ['may not be assumed by IoT Core', errorRole([SQS_GRANT], 'lambda.amazonaws.com')],
  ])(
    'whose error role %s loses the message, which the log tells and the sender does not learn',
    async (_, ErrorRole) => {
      const { log, data, queued } = await startWith({ Rule: rule, ErrorRole })

      await data.send(publish)

      expect(await queued()).toEqual([])
      expect(log.filter(({ event }) => event === 'rule_error_action_failed')).toHaveLength(1)
    },
  )
})
