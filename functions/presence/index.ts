import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { createDynamoDbClient } from '../shared/dynamodb.ts'
import { readEnvironment } from '../shared/environment.ts'
import { createObserver } from '../shared/observability.ts'
import { sdkSettings } from '../shared/sdk-client.ts'
import { presenceEnvironment } from './env.ts'
import { createPresence } from './handler.ts'
import { createPresenceTable } from './presence-table.ts'

const env = readEnvironment(presenceEnvironment)
const sqs = new SQSClient(sdkSettings({ maxAttempts: 2, requestTimeoutMs: 2_000 }))

export const handler = createPresence({
  table: createPresenceTable({ client: createDynamoDbClient(), tableName: env.PRESENCE_TABLE }),
  async defer(check) {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: env.PRESENCE_QUEUE_URL,
        MessageBody: JSON.stringify(check),
        DelaySeconds: env.PRESENCE_GRACE_SECONDS,
      }),
    )
  },
  observer: createObserver('presence'),
})
