import { DatabaseSync } from 'node:sqlite'
import { DURABLE_OPERATIONS } from '../durable/index.ts'
import { DYNAMODB_OPERATIONS } from '../dynamodb/index.ts'
import { EVENTS_OPERATIONS } from '../events/index.ts'
import { IOT_CONTROL_OPERATIONS, IOT_DATA_OPERATIONS } from '../iot/index.ts'
import { createSecrets } from '../secrets/index.ts'
import { SQS_OPERATIONS } from '../sqs/index.ts'
import { STATES_OPERATIONS } from '../step-functions/index.ts'
import { code, table } from './markdown.ts'

/** Operations of each API, as its service names them. */
export function operations(): string {
  const db = new DatabaseSync(':memory:')
  const byService = {
    'AWS IoT, data plane': IOT_DATA_OPERATIONS,
    'AWS IoT, control plane': IOT_CONTROL_OPERATIONS,
    'Amazon DynamoDB': DYNAMODB_OPERATIONS,
    'AWS Secrets Manager': createSecrets({ db }).operations,
    'Amazon SQS': SQS_OPERATIONS,
    'Amazon EventBridge': EVENTS_OPERATIONS,
    'AWS Step Functions': STATES_OPERATIONS,
    'AWS Lambda': ['Invoke', ...DURABLE_OPERATIONS],
  }
  db.close()
  const rows = Object.entries(byService).map(([service, names]) => [service, code([...names].sort())])
  return table(['API', 'operations'], rows)
}
