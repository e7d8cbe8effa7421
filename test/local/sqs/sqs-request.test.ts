import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createSqsService, handleSqsRequest, type SqsService } from '#local/sqs/index.ts'
import { openState, type State } from '#local/state/index.ts'

const ARN = 'arn:aws:sqs:eu-west-1:123456789012:letters'

let state: State
let service: SqsService
let client: SQSClient
let origin: string
const server = createServer((request, response) => void answer(request, response))

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const target = String(request.headers['x-amz-target'])
  const { status, headers, body } = await handleSqsRequest(target, await json(request), service, origin)
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...headers }).end(JSON.stringify(body))
}

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'unused' }
  client = new SQSClient({ region: 'eu-west-1', endpoint: origin, credentials, maxAttempts: 1 })
})

afterAll(async () => {
  client.destroy()
  service.close()
  state.close()
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

beforeEach(() => {
  service?.close()
  state?.close()
  state = openState({ file: ':memory:' })
  service = createSqsService({ db: state.db })
  service.createQueue({ name: 'letters', arn: ARN })
})

const queueUrl = () => `${origin}/123456789012/letters`

describe('the SDK client', () => {
  test('finds a queue by name and in the list', async () => {
    expect(await client.send(new GetQueueUrlCommand({ QueueName: 'letters' }))).toMatchObject({ QueueUrl: queueUrl() })
    expect((await client.send(new ListQueuesCommand({ QueueNamePrefix: 'let' }))).QueueUrls).toEqual([queueUrl()])
    expect((await client.send(new ListQueuesCommand({ QueueNamePrefix: 'x' }))).QueueUrls).toEqual([])
  })

  test('sends, receives and deletes, with digests it verifies', async () => {
    const timestamp = { DataType: 'Number', StringValue: '1493147359900' }
    const sent = await client.send(
      new SendMessageCommand({ QueueUrl: queueUrl(), MessageBody: 'grüße', MessageAttributes: { timestamp } }),
    )
    // The value AWS answers for this attribute, as it is found in the tests of several SQS implementations.
    expect(sent.MD5OfMessageAttributes).toBe('235c5c510d26fb653d073faed50ae77c')

    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl(),
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
        WaitTimeSeconds: 1,
      }),
    )

    expect(Messages).toMatchObject([
      {
        Body: 'grüße',
        MessageId: sent.MessageId,
        Attributes: { ApproximateReceiveCount: '1' },
        MessageAttributes: { timestamp },
        MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
      },
    ])
    const ReceiptHandle = Messages[0]?.ReceiptHandle
    await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl(), ReceiptHandle }))
    expect(await attributes()).toMatchObject({ ApproximateNumberOfMessagesNotVisible: '0' })
  })

  test('gets only the attributes it asks for', async () => {
    const binary = { DataType: 'Binary.png', BinaryValue: new Uint8Array([0, 255]) }
    const text = { DataType: 'String', StringValue: 'x' }
    const MessageAttributes = { 'a.binary': binary, 'b.text': text }
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl(), MessageBody: 'a', MessageAttributes }))

    const receive = new ReceiveMessageCommand({
      ...{ QueueUrl: queueUrl(), VisibilityTimeout: 0, MessageAttributeNames: ['a.*'] },
    })
    const plain = new ReceiveMessageCommand({ QueueUrl: queueUrl() })

    const [some] = (await client.send(receive)).Messages ?? []
    expect(Object.keys(some?.MessageAttributes ?? {})).toEqual(['a.binary'])
    expect(some?.MessageAttributes?.['a.binary']?.BinaryValue).toEqual(new Uint8Array([0, 255]))
    const [none] = (await client.send(plain)).Messages ?? []
    expect(none).not.toHaveProperty('MessageAttributes')
    expect(none).not.toHaveProperty('Attributes')
  })

  test('deletes a batch, with a failure for each bad handle', async () => {
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl(), MessageBody: 'a' }))
    const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl() }))

    const Entries = [
      { Id: 'good', ReceiptHandle: Messages[0]?.ReceiptHandle },
      { Id: 'bad', ReceiptHandle: 'handle' },
    ]
    const result = await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl(), Entries }))

    expect(result.Successful).toEqual([{ Id: 'good' }])
    expect(result.Failed).toMatchObject([{ Id: 'bad', Code: 'ReceiptHandleIsInvalid', SenderFault: true }])
  })

  test('puts a received message back in sight, one and many at a time', async () => {
    const Entries = ['a', 'b'].map((MessageBody) => ({ Id: MessageBody, MessageBody }))
    const sent = await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl(), Entries }))
    expect(sent.Successful?.map(({ Id }) => Id)).toEqual(['a', 'b'])
    const take = async () => {
      const command = new ReceiveMessageCommand({ QueueUrl: queueUrl(), MaxNumberOfMessages: 10 })
      return (await client.send(command)).Messages ?? []
    }
    const [first, second] = await take()
    expect(await take()).toEqual([])

    await client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: queueUrl(),
        ReceiptHandle: first?.ReceiptHandle,
        VisibilityTimeout: 0,
      }),
    )
    const [again] = await take()
    expect(again?.MessageId).toBe(first?.MessageId)

    const result = await client.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: queueUrl(),
        Entries: [again, second, first].map((message, index) => ({
          Id: String(index),
          ReceiptHandle: message?.ReceiptHandle,
          VisibilityTimeout: 0,
        })),
      }),
    )
    expect(result.Successful?.map(({ Id }) => Id)).toEqual(['0', '1'])
    // the receipt of a message that was received again since
    expect(result.Failed).toMatchObject([{ Id: '2', Code: 'InvalidParameterValue' }])
    expect(await take()).toHaveLength(2)
  })

  test('purges', async () => {
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl(), MessageBody: 'a' }))
    await client.send(new PurgeQueueCommand({ QueueUrl: queueUrl() }))

    expect(await attributes()).toMatchObject({ ApproximateNumberOfMessages: '0', QueueArn: ARN })
  })

  test('gets the errors of the service', async () => {
    const send = (QueueUrl: string, MessageBody = 'a') => client.send(new SendMessageCommand({ QueueUrl, MessageBody }))

    await expect(send(`${origin}/123456789012/none`)).rejects.toBeInstanceOf(QueueDoesNotExist)
    await expect(send(`${origin}/none`)).rejects.toMatchObject({ name: 'InvalidAddress' })
    await expect(send(queueUrl(), '')).rejects.toMatchObject({ name: 'MissingParameter' })
    await expect(send(queueUrl(), '\u0001')).rejects.toMatchObject({ name: 'InvalidMessageContents' })
    await expect(
      client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl(), MaxNumberOfMessages: 11 })),
    ).rejects.toMatchObject({ name: 'InvalidParameterValue' })
    await expect(
      client.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl(), Attributes: {} })),
    ).rejects.toMatchObject({ name: 'InvalidAction' })
  })
})

test.each([
  ['no object', 'SendMessage', []],
  ['a number as address', 'SendMessage', { QueueUrl: 1, MessageBody: 'a' }],
  ['text as number', 'ReceiveMessage', { QueueUrl: 'URL', WaitTimeSeconds: '1' }],
  ['an attribute that is text', 'SendMessage', { QueueUrl: 'URL', MessageBody: 'a', MessageAttributes: { a: 'b' } }],
  ['names that are no list', 'ReceiveMessage', { QueueUrl: 'URL', AttributeNames: 'All' }],
  ['a visibility that is text', 'ChangeMessageVisibility', { QueueUrl: 'URL', VisibilityTimeout: '1' }],
  ['entries that are no objects', 'DeleteMessageBatch', { QueueUrl: 'URL', Entries: ['a'] }],
])('answers %s with SerializationException', async (_, operation, given) => {
  const body = Array.isArray(given)
    ? given
    : { ...given, ...('QueueUrl' in given && given.QueueUrl === 'URL' && { QueueUrl: queueUrl() }) }

  const response = await handleSqsRequest(operation, body, service, origin)

  expect(response).toMatchObject({ status: 400, body: { __type: 'com.amazon.coral.service#SerializationException' } })
})

async function attributes() {
  const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl(), AttributeNames: ['All'] })
  return (await client.send(command)).Attributes
}
