import { SqsError } from './sqs-error.ts'

/** A message attribute as the wire has it. */
export interface MessageAttribute {
  /** `String`, `Number` or `Binary`, with an optional label after a dot. */
  DataType: string
  StringValue?: string | undefined
  /** Base64. */
  BinaryValue?: string | undefined
}

/** A message to send. */
export interface OutgoingMessage {
  body: string
  /** System attributes, for example `AWSTraceHeader` or `SenderId`. */
  attributes?: Readonly<Record<string, string>> | undefined
  messageAttributes?: Readonly<Record<string, MessageAttribute>> | undefined
  /** Default: the queue's. */
  delaySeconds?: number | undefined
}

/** A message as it is received. */
export interface ReceivedMessage {
  messageId: string
  /** New with every receipt. */
  receiptHandle: string
  body: string
  /** `SentTimestamp`, `ApproximateReceiveCount` and further system attributes. */
  attributes: Record<string, string>
  messageAttributes: Record<string, MessageAttribute>
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
const MAX_MESSAGE_ATTRIBUTES = 10
const ATTRIBUTE_NAME = /^(?!aws\.|amazon\.)(?!\.)(?!.*\.\.)[\w.-]{1,256}(?<!\.)$/i
const DATA_TYPE = /^(String|Number|Binary)(\..{1,249})?$/
// The characters of XML 1.0: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
const FORBIDDEN_CHARACTER = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u

/** Refuses what SQS would not take: `MissingParameter`, `InvalidMessageContents`, `InvalidParameterValue`. */
export function checkMessage({ body, messageAttributes = {} }: OutgoingMessage, maximumBytes: number): void {
  if (body === '') throw new SqsError('MissingParameter', 'The request must contain the parameter MessageBody.')
  const forbidden = FORBIDDEN_CHARACTER.exec(body)
  if (forbidden) {
    const codePoint = forbidden[0].codePointAt(0)?.toString(16).padStart(4, '0')
    throw new SqsError('InvalidMessageContents', `Invalid character U+${codePoint} at index ${forbidden.index}`)
  }
  const attributes = Object.entries(messageAttributes)
  if (attributes.length > MAX_MESSAGE_ATTRIBUTES) {
    throw new SqsError(
      'InvalidParameterValue',
      `Number of message attributes [${attributes.length}] exceeds the allowed maximum [${MAX_MESSAGE_ATTRIBUTES}].`,
    )
  }
  for (const [name, attribute] of attributes) checkAttribute(name, attribute)

  const bytes = messageBytes({ body, messageAttributes })
  if (bytes > maximumBytes) {
    const reason = `Message must be shorter than ${maximumBytes} bytes, got ${bytes}.`
    throw new SqsError('InvalidParameterValue', `One or more parameters are invalid. Reason: ${reason}`)
  }
}

/** What counts towards the size of a message. */
export function messageBytes({ body, messageAttributes = {} }: OutgoingMessage): number {
  const attributes = Object.entries(messageAttributes)
  return attributes.reduce((sum, [name, attribute]) => sum + attributeBytes(name, attribute), byteLength(body))
}

function checkAttribute(name: string, { DataType, StringValue, BinaryValue }: MessageAttribute): void {
  if (!ATTRIBUTE_NAME.test(name)) {
    throw new SqsError('InvalidParameterValue', `Message attribute name '${name}' is invalid.`)
  }
  if (!DATA_TYPE.test(DataType)) {
    const expected = 'expected String, Number or Binary with an optional label'
    throw new SqsError('InvalidParameterValue', `The type of message attribute '${name}' is invalid: ${expected}.`)
  }
  const value = DataType.startsWith('Binary') ? BinaryValue : StringValue
  if (value === undefined || value === '') {
    const message = `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${DataType}'.`
    throw new SqsError('InvalidParameterValue', message)
  }
  if (DataType.startsWith('Number') && !Number.isFinite(Number(value))) {
    throw new SqsError('InvalidParameterValue', `Can't cast the value of message attribute '${name}' to a number.`)
  }
}

function attributeBytes(name: string, { DataType, StringValue = '', BinaryValue }: MessageAttribute): number {
  const value = BinaryValue === undefined ? byteLength(StringValue) : Buffer.byteLength(BinaryValue, 'base64')
  return byteLength(name) + byteLength(DataType) + value
}

function byteLength(text: string): number {
  return Buffer.byteLength(text)
}
