import { IoTDataPlaneClient, PublishCommand } from '@aws-sdk/client-iot-data-plane'
import { REQUEST_LIMITS } from '#contract/index.ts'
import { createDynamoDbStore } from '#correlation/index.ts'
import { createDynamoDbClient } from '../shared/dynamodb.ts'
import { readEnvironment } from '../shared/environment.ts'
import { createObserver } from '../shared/observability.ts'
import { sdkSettings } from '../shared/sdk-client.ts'
import { publisherEnvironment } from './env.ts'
import { createPublisher } from './handler.ts'

const env = readEnvironment(publisherEnvironment)
const iotData = new IoTDataPlaneClient(sdkSettings({ maxAttempts: 2, requestTimeoutMs: 2_000 }))

export const handler = createPublisher({
  root: env.TOPIC_ROOT,
  correlation: createDynamoDbStore({
    client: createDynamoDbClient(),
    tableName: env.CORRELATION_TABLE,
    keptSeconds: REQUEST_LIMITS.correlationKeptSeconds,
  }),
  observer: createObserver('publisher'),
  async publish({ topic, qos, envelope, correlation_data, form }) {
    await iotData.send(
      new PublishCommand({
        topic,
        qos,
        payload: JSON.stringify(form === 'bare' ? envelope.payload : envelope),
        // without envelope the state of the reply has no other place
        ...(form === 'bare' && { userProperties: JSON.stringify([{ status: envelope.metadata.status }]) }),
        contentType: 'application/json',
        payloadFormatIndicator: 'UTF8_DATA',
        ...(correlation_data !== undefined && { correlationData: correlation_data }),
      }),
    )
  },
})
