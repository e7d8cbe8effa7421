import { REQUEST_LIMITS } from '#contract/index.ts'
import { createDynamoDbStore } from '#correlation/index.ts'
import {
  bridgeHandler,
  cachedDirectory,
  createDeviceDirectory,
  createDynamoDbClient,
  createObserver,
  readEnvironment,
} from '../shared/index.ts'
import { memoryEnvironment } from './env.ts'
import { createMemoryRoutes } from './handler.ts'
import { createMemoryTable } from './memory-table.ts'

const env = readEnvironment(memoryEnvironment)
const client = createDynamoDbClient()
const routes = createMemoryRoutes({
  devices: cachedDirectory(createDeviceDirectory({ client, tableName: env.DEVICE_TABLE })),
  memories: createMemoryTable({ client, tableName: env.MEMORY_TABLE }),
})

export const handler = bridgeHandler(routes, {
  settings: { root: env.TOPIC_ROOT, sharedReplies: env.SHARED_REPLIES },
  correlation: createDynamoDbStore({
    client,
    tableName: env.CORRELATION_TABLE,
    keptSeconds: REQUEST_LIMITS.correlationKeptSeconds,
  }),
  observer: createObserver('memory'),
  component: 'memory',
})
