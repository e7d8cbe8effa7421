import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { describe, expect, test } from 'vitest'
import { lambdaFunction, role } from '../resources/set-up.ts'
import { CODE, OUTPUTS, RESOURCES, start, takeAndRelease, takenPort, temporaryFolder, writeAssembly } from './set-up.ts'

const portOf = (url: string) => Number(new URL(url).port)

describe('a start', () => {
  test('opens MQTT and the AWS APIs on loopback, tells each step, and gives the outputs of the template', async () => {
    const steps: string[] = []
    const assembly = writeAssembly({ Resources: RESOURCES, Outputs: OUTPUTS }, CODE)

    const { runtime } = await start(assembly, { onProgress: (step) => steps.push(step) })

    expect(runtime.mqttUrl).toMatch(/^mqtts:\/\/localhost:\d+$/)
    expect(runtime.apiUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(runtime.outputs).toEqual({
      QueueUrl: `${runtime.apiUrl}/000000000000/jobs`,
      SecretArn: expect.stringMatching(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:key-/),
    })
    expect(steps).toEqual(['certificates', 'state', 'resources', 'broker'])
  })

  test('takes values of parameters', async () => {
    const assembly = writeAssembly({
      Parameters: { Color: { Type: 'String', Default: 'red' } },
      Resources: {},
      Outputs: { Color: { Value: { Ref: 'Color' } } },
    })

    const { runtime: byDefault } = await start(assembly)
    const { runtime: given } = await start(assembly, { parameters: { Color: 'blue' } })

    expect([byDefault.outputs.Color, given.outputs.Color]).toEqual(['red', 'blue'])
  })

  test('names every resource that it does not run, in the log and in the result', async () => {
    const assembly = writeAssembly({
      Resources: { Bucket: { Type: 'AWS::S3::Bucket' }, Queue: { Type: 'AWS::SQS::Queue' } },
    })

    const { runtime, log } = await start(assembly)

    expect(runtime.unsupported).toEqual([{ logicalId: 'Bucket', type: 'AWS::S3::Bucket' }])
    expect(log).toContainEqual({
      level: 'warn',
      event: 'resource_unsupported',
      type: 'AWS::S3::Bucket',
      logicalId: 'Bucket',
    })
  })
})

describe('a start that fails leaves nothing open:', () => {
  test('the MQTT port is in use', async () => {
    const assembly = writeAssembly({ Resources: RESOURCES }, CODE)
    const [mqttPort, apiPort, stateFolder] = [await takenPort(), await freePort(), temporaryFolder()]

    const starting = start(assembly, { mqttPort, apiPort, stateFolder })

    await expect(starting).rejects.toMatchObject({ code: 'EADDRINUSE', port: mqttPort })
    await takeAndRelease(apiPort)
    await expect(start(assembly, { stateFolder })).resolves.toBeDefined()
  })

  test('the API port is in use', async () => {
    const assembly = writeAssembly({ Resources: RESOURCES }, CODE)
    const [apiPort, stateFolder] = [await takenPort(), temporaryFolder()]
    await (await start(assembly, { stateFolder })).runtime.close()

    const starting = start(assembly, { apiPort, stateFolder })

    await expect(starting).rejects.toMatchObject({ code: 'EADDRINUSE', port: apiPort })
    await expect(start(assembly, { stateFolder })).resolves.toBeDefined()
  })

  test('a grant is missing', async () => {
    const assembly = writeAssembly({ Resources: { ...RESOURCES, Role: role([]) } }, CODE)
    const [apiPort, stateFolder] = [await freePort(), temporaryFolder()]

    const starting = start(assembly, { apiPort, stateFolder })

    await expect(starting).rejects.toThrow(
      'AccessDeniedException: User: arn:aws:sts::000000000000:assumed-role/worker/echo is not authorized to perform: logs:CreateLogStream on resource: arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/echo:*',
    )
    await takeAndRelease(apiPort)
    await expect(start(writeAssembly({ Resources: RESOURCES }, CODE), { stateFolder })).resolves.toBeDefined()
  })

  test('a rule has SQL that does not run', async () => {
    const rule = {
      Type: 'AWS::IoT::TopicRule',
      Properties: {
        RuleName: 'report',
        TopicRulePayload: {
          Sql: "SELECT predict() FROM 'a'",
          AwsIotSqlVersion: '2016-03-23',
          Actions: [],
        },
      },
    }
    const apiPort = await freePort()

    const starting = start(writeAssembly({ Resources: { ...RESOURCES, Rule: rule } }, CODE), { apiPort })

    await expect(starting).rejects.toThrow(/Resources\.Rule: .*rule "report", line 1, column 8/)
    await takeAndRelease(apiPort)
  })

  test.each([
    [
      'there is no assembly',
      () => '/no/such/folder',
      /cannot read \/no\/such\/folder\/manifest\.json; synthesize first/,
    ],
    ['an asset is missing', () => writeAssembly({ Resources: RESOURCES }), /no asset manifest lists echo/],
  ])('%s', async (_, assembly, reason) => {
    const apiPort = await freePort()

    await expect(start(assembly(), { apiPort })).rejects.toThrow(reason)

    await takeAndRelease(apiPort)
  })

  test('another runtime has the state, which goes on undisturbed', async () => {
    const assembly = writeAssembly({ Resources: RESOURCES }, CODE)
    const stateFolder = temporaryFolder()
    const { client } = await start(assembly, { stateFolder })

    await expect(start(assembly, { stateFolder })).rejects.toMatchObject({ code: 'STATE_IN_USE' })

    using dynamoDb = closing(new DynamoDBClient(client))
    await expect(
      dynamoDb.client.send(new PutItemCommand({ TableName: 'things', Item: { id: { S: 'a' } } })),
    ).resolves.toBeDefined()
  })
})

describe('a restart', () => {
  /** Writes an item and a message, or reads them; and reads the secret. */
  async function visit(runtime: Awaited<ReturnType<typeof start>>, action: 'write' | 'read') {
    using dynamoDb = closing(new DynamoDBClient(runtime.client))
    using sqs = closing(new SQSClient(runtime.client))
    using secrets = closing(new SecretsManagerClient(runtime.client))
    const QueueUrl = `${runtime.runtime.apiUrl}/000000000000/jobs`
    if (action === 'write') {
      await dynamoDb.client.send(new PutItemCommand({ TableName: 'things', Item: { id: { S: 'a' }, n: { N: '1' } } }))
      await sqs.client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'job 1' }))
    }
    const { Item } = await dynamoDb.client.send(new GetItemCommand({ TableName: 'things', Key: { id: { S: 'a' } } }))
    const { Messages } = await sqs.client.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 }))
    const { SecretString } = await secrets.client.send(new GetSecretValueCommand({ SecretId: 'key' }))
    return { item: Item?.n?.N, message: Messages?.[0]?.Body, secret: SecretString }
  }

  test('finds tables, queues and secrets as they were', async () => {
    const assembly = writeAssembly({ Resources: RESOURCES }, CODE)
    const stateFolder = temporaryFolder()
    const first = await start(assembly, { stateFolder })
    const before = await visit(first, 'write')
    await first.runtime.close()

    const after = await visit(await start(assembly, { stateFolder }), 'read')

    expect(before).toEqual({ item: '1', message: 'job 1', secret: expect.stringMatching(/^.{40}$/) })
    expect(after).toEqual(before)
  })

  test('finds nothing where no state is kept', async () => {
    const assembly = writeAssembly({ Resources: RESOURCES }, CODE)
    const first = await start(assembly)
    const before = await visit(first, 'write')
    await first.runtime.close()

    const after = await visit(await start(assembly), 'read')

    expect(after).toEqual({
      item: undefined,
      message: undefined,
      secret: expect.stringMatching(/^.{40}$/),
    })
    expect(after.secret).not.toBe(before.secret)
  })

  test('gives functions new credentials; those of the last run are worth nothing', async () => {
    const assembly = writeAssembly({ Resources: RESOURCES }, CODE)
    const first = await start(assembly)
    await first.runtime.close()
    const second = await start(assembly)

    using dynamoDb = closing(new DynamoDBClient({ ...second.client, credentials: first.client.credentials }))

    await expect(
      dynamoDb.client.send(new GetItemCommand({ TableName: 'things', Key: { id: { S: 'a' } } })),
    ).rejects.toMatchObject({ name: 'UnrecognizedClientException' })
  })
})

test('closing twice is closing once, and frees the ports', async () => {
  const { runtime } = await start(
    writeAssembly({ Resources: { ...RESOURCES, Other: lambdaFunction('other') } }, { ...CODE, other: CODE.echo }),
  )

  await Promise.all([runtime.close(), runtime.close()])
  await runtime.close()

  await takeAndRelease(portOf(runtime.apiUrl))
  await takeAndRelease(portOf(runtime.mqttUrl))
})

async function freePort(): Promise<number> {
  const { runtime } = await start(writeAssembly({ Resources: {} }))
  await runtime.close()
  return portOf(runtime.apiUrl)
}

function closing<Client extends { destroy(): void }>(client: Client): { client: Client } & Disposable {
  return { client, [Symbol.dispose]: () => client.destroy() }
}
