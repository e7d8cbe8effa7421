import { REQUEST_LIMITS } from '#contract/index.ts'
import { createDynamoDbStore } from '#correlation/index.ts'
import {
  bridgeHandler,
  cachedDirectory,
  createDeviceDirectory,
  createDynamoDbClient,
  createObserver,
  readEnvironment,
  readRoles,
} from '../shared/index.ts'
import { apiEnvironment } from './env.ts'
import { createApiRoutes } from './handler.ts'

const env = readEnvironment(apiEnvironment)
const client = createDynamoDbClient()
const routes = createApiRoutes({
  devices: cachedDirectory(createDeviceDirectory({ client, tableName: env.DEVICE_TABLE })),
  roles: readRoles(),
  upstream: env.API_UPSTREAM_URL === '' ? undefined : new URL(env.API_UPSTREAM_URL),
  timeoutMs: env.API_TIMEOUT_MS,
})

export const handler = bridgeHandler(routes, {
  settings: { root: env.TOPIC_ROOT, sharedReplies: env.SHARED_REPLIES },
  correlation: createDynamoDbStore({
    client,
    tableName: env.CORRELATION_TABLE,
    keptSeconds: REQUEST_LIMITS.correlationKeptSeconds,
  }),
  observer: createObserver('api'),
  component: 'api',
})
