import type { MessageAttribute, ReceivedMessage } from './message.ts'
import { attributesDigest, textDigest } from './message-digest.ts'
import { queryErrorOf, SqsError, wireTypeOf } from './sqs-error.ts'
import type { SqsService } from './sqs-service.ts'

/** The answer to a request of the AWS JSON 1.0 protocol. */
export interface SqsResponse {
  status: 200 | 400
  /** To be sent as JSON. */
  body: Record<string, unknown>
  /** To be sent with it: `x-amzn-query-error` for an error. */
  headers: Record<string, string>
}

interface SqsCall {
  body: Record<string, unknown>
  service: SqsService
  origin: string
}

type Operation = (call: SqsCall) => Record<string, unknown> | Promise<Record<string, unknown>>

const QUEUE_URL = /^https?:\/\/[^/]+\/(\d{12})\/([A-Za-z0-9_-]{1,80})$/
const MAX_BATCH_ENTRIES = 10

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
const OPERATIONS: Record<string, Operation> = {
  SendMessage: ({ body, service }) => sent(arnOf(body, service), body, service),
  ReceiveMessage: receiveMessage,
  DeleteMessage({ body, service }) {
    arnOf(body, service)
    service.delete(requiredText(body, 'ReceiptHandle'))
    return {}
  },
  DeleteMessageBatch: (call) =>
    batch(call, (entry) => {
      call.service.delete(requiredText(entry, 'ReceiptHandle'))
      return {}
    }),
  ChangeMessageVisibility({ body, service }) {
    arnOf(body, service)
    return changeVisibility(service, body)
  },
  ChangeMessageVisibilityBatch: (call) => batch(call, (entry) => changeVisibility(call.service, entry)),
  SendMessageBatch: (call) => batch(call, (entry) => sent(arnOf(call.body, call.service), entry, call.service)),
  GetQueueUrl({ body, service, origin }) {
    const name = requiredText(body, 'QueueName')
    const account = optionalText(body, 'QueueOwnerAWSAccountId')
    const queue = service
      .queues()
      .find((other) => other.name === name && (account ?? accountOf(other)) === accountOf(other))
    if (!queue) throw new SqsError('QueueDoesNotExist', 'The specified queue does not exist.')
    return { QueueUrl: queueUrl(queue.arn, origin) }
  },
  GetQueueAttributes({ body, service }) {
    const attributes = service.attributes(arnOf(body, service))
    const names = textList(body, 'AttributeNames')
    return { Attributes: selected(attributes, (name) => names.includes('All') || names.includes(name)) }
  },
  ListQueues({ body, service, origin }) {
    const prefix = optionalText(body, 'QueueNamePrefix') ?? ''
    const found = service.queues().filter(({ name }) => name.startsWith(prefix))
    return { QueueUrls: found.map(({ arn }) => queueUrl(arn, origin)) }
  },
  PurgeQueue({ body, service }) {
    service.purge(arnOf(body, service))
    return {}
  },
}

export const SQS_OPERATIONS: readonly string[] = Object.keys(OPERATIONS)

/** The address of a queue: `<origin>/<account>/<name>`. */
export function queueUrl(arn: string, origin: string): string {
  const [, , , , account, name] = arn.split(':')
  return `${origin}/${account}/${name}`
}

/**
 * Answers one request of an SQS client: `operation` is the target with or without `AmazonSQS.`, `origin` what the queue
 * addresses in answers begin with, for example `http://127.0.0.1:4566`. The host of an address in a request is not
 * looked at, so one kept from before a restart on another port stays good. Never rejects for what the client sent.
 */
export async function handleSqsRequest(
  operation: string,
  body: unknown,
  service: SqsService,
  origin: string,
): Promise<SqsResponse> {
  try {
    const name = operation.replace(/^AmazonSQS\./, '')
    if (!Object.hasOwn(OPERATIONS, name)) {
      throw new SqsError('InvalidAction', `The action ${name} is not known here.`)
    }
    if (!isObject(body)) throw new SqsError('MalformedInput', 'Expected a JSON object as body.')
    return { status: 200, body: (await OPERATIONS[name]?.({ body, service, origin })) ?? {}, headers: {} }
  } catch (error) {
    if (!(error instanceof SqsError)) throw error
    const { code, message } = error
    return {
      status: 400,
      body: { __type: wireTypeOf(code), message },
      headers: { 'x-amzn-query-error': queryErrorOf(code) },
    }
  }
}

function sent(arn: string, body: Record<string, unknown>, service: SqsService): Record<string, unknown> {
  const system = Object.entries(attributeMap(body, 'MessageSystemAttributes'))
  const message = service.send(arn, {
    body: requiredText(body, 'MessageBody'),
    attributes: Object.fromEntries(system.map(([name, { StringValue = '' }]) => [name, StringValue])),
    messageAttributes: attributeMap(body, 'MessageAttributes'),
    delaySeconds: optionalNumber(body, 'DelaySeconds'),
  })
  return {
    MessageId: message.messageId,
    MD5OfMessageBody: message.md5OfBody,
    MD5OfMessageAttributes: message.md5OfMessageAttributes,
    MD5OfMessageSystemAttributes: attributesDigest(Object.fromEntries(system)),
  }
}

async function receiveMessage({ body, service }: SqsCall): Promise<Record<string, unknown>> {
  const messages = await service.receive(arnOf(body, service), {
    maxMessages: optionalNumber(body, 'MaxNumberOfMessages'),
    visibilityTimeoutSeconds: optionalNumber(body, 'VisibilityTimeout'),
    waitTimeSeconds: optionalNumber(body, 'WaitTimeSeconds'),
  })
  const systemNames = [...textList(body, 'MessageSystemAttributeNames'), ...textList(body, 'AttributeNames')]
  const names = textList(body, 'MessageAttributeNames')
  return messages.length === 0 ? {} : { Messages: messages.map((message) => shown(message, systemNames, names)) }
}

function shown(message: ReceivedMessage, systemNames: string[], names: string[]): Record<string, unknown> {
  const attributes = selected(message.attributes, (name) => systemNames.includes('All') || systemNames.includes(name))
  const messageAttributes = selected(message.messageAttributes, (name) =>
    names.some(
      (wanted) =>
        wanted === 'All' || wanted === name || (wanted.endsWith('.*') && name.startsWith(wanted.slice(0, -2))),
    ),
  )
  const digest = attributesDigest(messageAttributes)
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: textDigest(message.body),
    ...(Object.keys(attributes).length > 0 && { Attributes: attributes }),
    ...(digest && { MessageAttributes: messageAttributes, MD5OfMessageAttributes: digest }),
  }
}

/** Runs each entry of a batch; one that is refused does not hold up the others. */
function batch(
  { body, service }: SqsCall,
  run: (entry: Record<string, unknown>) => Record<string, unknown>,
): Record<string, unknown> {
  arnOf(body, service)
  const entries = body.Entries
  if (!Array.isArray(entries)) throw new SqsError('MissingParameter', 'The request must contain the parameter Entries.')
  if (entries.length > MAX_BATCH_ENTRIES) {
    const message = `Maximum number of entries per request are ${MAX_BATCH_ENTRIES}. You have sent ${entries.length}.`
    throw new SqsError('TooManyEntriesInBatchRequest', message)
  }
  const Successful: unknown[] = []
  const Failed: unknown[] = []
  for (const entry of entries) {
    if (!isObject(entry)) throw new SqsError('MalformedInput', 'Expected a list of objects as Entries.')
    const Id = requiredText(entry, 'Id')
    try {
      Successful.push({ Id, ...run(entry) })
    } catch (error) {
      if (!(error instanceof SqsError)) throw error
      Failed.push({ Id, SenderFault: true, Code: error.code, Message: error.message })
    }
  }
  return { Successful, Failed }
}

function changeVisibility(service: SqsService, entry: Record<string, unknown>): Record<string, unknown> {
  const seconds = optionalNumber(entry, 'VisibilityTimeout')
  if (seconds === undefined) {
    throw new SqsError('MissingParameter', 'The request must contain the parameter VisibilityTimeout.')
  }
  service.changeVisibility(requiredText(entry, 'ReceiptHandle'), seconds)
  return {}
}

function arnOf(body: Record<string, unknown>, service: SqsService): string {
  const url = requiredText(body, 'QueueUrl')
  const [, account, name] = QUEUE_URL.exec(url) ?? []
  if (!account || !name) throw new SqsError('InvalidAddress', `The address ${url} is not valid for this endpoint.`)
  const queue = service.queues().find((other) => other.name === name && accountOf(other) === account)
  if (!queue) throw new SqsError('QueueDoesNotExist', 'The specified queue does not exist.')
  return queue.arn
}

function accountOf({ arn }: { arn: string }): string | undefined {
  return arn.split(':')[4]
}

function selected<Value>(values: Record<string, Value>, isWanted: (name: string) => boolean): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => isWanted(name)))
}

function requiredText(body: Record<string, unknown>, name: string): string {
  const value = optionalText(body, name)
  if (value === undefined) throw new SqsError('MissingParameter', `The request must contain the parameter ${name}.`)
  return value
}

function optionalText(body: Record<string, unknown>, name: string): string | undefined {
  const value = body[name] ?? undefined
  if (value === undefined || typeof value === 'string') return value
  throw new SqsError('MalformedInput', `${name}: expected a string, got ${typeof value}`)
}

function optionalNumber(body: Record<string, unknown>, name: string): number | undefined {
  const value = body[name] ?? undefined
  if (value === undefined || typeof value === 'number') return value
  throw new SqsError('MalformedInput', `${name}: expected a number, got ${typeof value}`)
}

function textList(body: Record<string, unknown>, name: string): string[] {
  const value = body[name] ?? []
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw new SqsError('MalformedInput', `${name}: expected a list of strings`)
}

function attributeMap(body: Record<string, unknown>, name: string): Record<string, MessageAttribute> {
  const value = body[name] ?? {}
  if (!isObject(value)) throw new SqsError('MalformedInput', `${name}: expected an object, got ${typeof value}`)
  return Object.fromEntries(
    Object.entries(value).map(([key, attribute]) => {
      if (!isObject(attribute)) throw new SqsError('MalformedInput', `${name}.${key}: expected an object`)
      const StringValue = optionalText(attribute, 'StringValue')
      const BinaryValue = optionalText(attribute, 'BinaryValue')
      const DataType = optionalText(attribute, 'DataType') ?? ''
      return [
        key,
        {
          DataType,
          ...(StringValue !== undefined && { StringValue }),
          ...(BinaryValue !== undefined && { BinaryValue }),
        },
      ]
    }),
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
