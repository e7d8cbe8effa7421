import type { ServiceParityRow } from '../state/index.ts'

const GUIDE = 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/'

/** Operations that are answered; a test calls each. */
export const DYNAMODB_OPERATIONS = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeContinuousBackups',
  'DescribeTable',
  'DescribeTimeToLive',
  'GetItem',
  'ListTables',
  'ListTagsOfResource',
  'PutItem',
  'Query',
  'Scan',
  'TagResource',
  'UntagResource',
  'UpdateContinuousBackups',
  'UpdateItem',
  'UpdateTable',
  'UpdateTimeToLive',
] as const

export const DYNAMODB_PARITY: readonly ServiceParityRow[] = [
  {
    feature: 'Conditions, with the old item on a failed one',
    state: 'honoured',
    source: `${GUIDE}WorkingWithItems.html`,
  },
  { feature: 'Global and local secondary indexes', state: 'honoured', source: `${GUIDE}SecondaryIndexes.html` },
  {
    feature: 'Time to live',
    state: 'differs',
    source: `${GUIDE}TTL.html`,
    note: 'an expired item goes within a minute; on AWS it takes days',
  },
  {
    feature: 'Continuous backups',
    state: 'differs',
    source: `${GUIDE}PointInTimeRecovery_Howitworks.html`,
    note: 'the setting is kept and shown; nothing is backed up',
  },
  {
    feature: 'Streams, for functions with an event source mapping',
    state: 'honoured',
    source: `${GUIDE}Streams.html`,
    note: 'one shard; kept for a day and over restarts; the API of streams is missing',
  },
  { feature: 'Transactions, PartiQL', state: 'missing', source: `${GUIDE}transactions.html` },
  { feature: 'Capacity and its throttling', state: 'missing', source: `${GUIDE}capacity-mode.html` },
]
