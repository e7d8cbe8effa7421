import { SqsError } from './sqs-error.ts'

/** What a queue does, in numbers. */
export interface QueueSettings {
  delaySeconds: number
  maximumMessageBytes: number
  messageRetentionSeconds: number
  receiveWaitSeconds: number
  visibilityTimeoutSeconds: number
  redrive?: { deadLetterArn: string; maxReceiveCount: number }
}

/** Attributes by the names of the API or the template; numbers may come as text, policies as objects. */
export type QueueAttributes = Readonly<Record<string, unknown>>

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
const NUMBERS = {
  DelaySeconds: { min: 0, max: 900, default: 0 },
  MaximumMessageSize: { min: 1024, max: 1_048_576, default: 1_048_576 },
  MessageRetentionPeriod: { min: 60, max: 1_209_600, default: 345_600 },
  ReceiveMessageWaitTimeSeconds: { min: 0, max: 20, default: 0 },
  VisibilityTimeout: { min: 0, max: 43_200, default: 30 },
} as const
/** Kept and shown, without a meaning on one machine. */
const INERT = ['KmsDataKeyReusePeriodSeconds', 'KmsMasterKeyId', 'Policy', 'RedriveAllowPolicy', 'SqsManagedSseEnabled']

/**
 * Reads the attributes of a queue. Refuses with `InvalidAttributeName` what is not known, with `InvalidAttributeValue`
 * what is out of range and with `UnsupportedOperation` a FIFO queue.
 */
export function readSettings(attributes: QueueAttributes): QueueSettings {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'FifoQueue' && String(value) === 'true') {
      throw new SqsError('UnsupportedOperation', 'Expected a standard queue, got a FIFO queue')
    }
    if (!(name in NUMBERS) && name !== 'RedrivePolicy' && name !== 'FifoQueue' && !INERT.includes(name)) {
      throw new SqsError('InvalidAttributeName', `Unknown Attribute ${name}.`)
    }
  }
  const redrive = readRedrive(attributes.RedrivePolicy)
  return {
    delaySeconds: readNumber(attributes, 'DelaySeconds'),
    maximumMessageBytes: readNumber(attributes, 'MaximumMessageSize'),
    messageRetentionSeconds: readNumber(attributes, 'MessageRetentionPeriod'),
    receiveWaitSeconds: readNumber(attributes, 'ReceiveMessageWaitTimeSeconds'),
    visibilityTimeoutSeconds: readNumber(attributes, 'VisibilityTimeout'),
    ...(redrive && { redrive }),
  }
}

/** The attributes as GetQueueAttributes shows them: all text, with defaults. */
export function shownAttributes(attributes: QueueAttributes): Record<string, string> {
  const shown: Record<string, string> = {}
  for (const [name, { default: value }] of Object.entries(NUMBERS)) shown[name] = String(value)
  for (const [name, value] of Object.entries(attributes)) {
    shown[name] = typeof value === 'object' ? JSON.stringify(value) : String(value)
  }
  return shown
}

function readNumber(attributes: QueueAttributes, name: keyof typeof NUMBERS): number {
  const { min, max, default: missing } = NUMBERS[name]
  const given = attributes[name] ?? missing
  const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  throw new SqsError(
    'InvalidAttributeValue',
    `Invalid value for the parameter ${name}: expected ${min} to ${max}, got ${given}.`,
  )
}

function readRedrive(given: unknown): QueueSettings['redrive'] {
  if (given === undefined) return undefined
  const policy = typeof given === 'string' ? parsed(given) : given
  if (typeof policy === 'object' && policy !== null && 'deadLetterTargetArn' in policy && 'maxReceiveCount' in policy) {
    const maxReceiveCount = Number(policy.maxReceiveCount)
    const deadLetterArn = policy.deadLetterTargetArn
    if (typeof deadLetterArn === 'string' && Number.isInteger(maxReceiveCount) && maxReceiveCount >= 1) {
      return { deadLetterArn, maxReceiveCount }
    }
  }
  throw new SqsError(
    'InvalidAttributeValue',
    'Invalid value for the parameter RedrivePolicy: expected deadLetterTargetArn and maxReceiveCount of 1 or more.',
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
