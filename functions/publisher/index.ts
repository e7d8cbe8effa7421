import { IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane'
import { REQUEST_LIMITS } from '#contract/index.ts'
import { createDynamoDbStore } from '#correlation/index.ts'
import { createDynamoDbClient } from '../shared/dynamodb.ts'
import { readEnvironment } from '../shared/environment.ts'
import { createObserver } from '../shared/observability.ts'
import { sdkSettings } from '../shared/sdk-client.ts'
import { publisherEnvironment } from './env.ts'
import { createPublisher } from './handler.ts'
import { createSender, SEND_LIMITS } from './sender.ts'

const env = readEnvironment(publisherEnvironment)

export const handler = createPublisher({
  root: env.TOPIC_ROOT,
  correlation: createDynamoDbStore({
    client: createDynamoDbClient(),
    tableName: env.CORRELATION_TABLE,
    keptSeconds: REQUEST_LIMITS.correlationKeptSeconds,
  }),
  observer: createObserver('publisher'),
  ...createSender({
    publishing: new IoTDataPlaneClient(sdkSettings(SEND_LIMITS.publish)),
    direct: new IoTDataPlaneClient(sdkSettings(SEND_LIMITS.direct)),
  }),
})
