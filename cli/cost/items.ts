import type { BilledItem } from '#local/index.ts'

interface Item {
  /** What one unit is. */
  title: string
  /** How many units one price is for. */
  per: number
  /** What the price is for, in words. */
  perText: string
}

const MILLION = { per: 1_000_000, perText: '1 million' } as const

/** What is billed by the unit, in the order of the page. Compute is added to it from durations, which nothing here measures. */
export const ITEMS: Readonly<Record<BilledItem | 'lambda.gbSeconds', Item>> = {
  'iot.messages': { title: 'IoT Core messages, in steps of 5 KB', ...MILLION },
  'iot.connectionMinutes': { title: 'IoT Core connection minutes', ...MILLION },
  'iot.rulesTriggered': { title: 'rules triggered, in steps of 5 KB', ...MILLION },
  'iot.ruleActions': { title: 'rule actions, in steps of 5 KB', ...MILLION },
  'lambda.requests': { title: 'Lambda invocations', ...MILLION },
  'lambda.gbSeconds': { title: 'Lambda compute, GB-seconds on arm64', ...MILLION },
  'dynamodb.writeUnits': { title: 'DynamoDB write request units', ...MILLION },
  'dynamodb.readUnits': { title: 'DynamoDB read request units', ...MILLION },
  'sqs.requests': { title: 'SQS requests', ...MILLION },
  'events.published': { title: 'EventBridge custom events', ...MILLION },
  'httpApi.requests': { title: 'HTTP API requests', ...MILLION },
  'states.transitions': { title: 'Step Functions state transitions', ...MILLION },
  'durable.operations': { title: 'durable operations', ...MILLION },
  'durable.bytesWritten': { title: 'bytes written by durable operations', per: 1024 ** 3, perText: '1 GB' },
}

export type ItemName = keyof typeof ITEMS

export const ITEM_NAMES = Object.keys(ITEMS) as ItemName[]
