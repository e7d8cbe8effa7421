import { REQUEST_LIMITS } from '#contract/index.ts'
import { createDynamoDbStore } from '#correlation/index.ts'
import { bridgeHandler, createDynamoDbClient, createObserver, readEnvironment } from '../shared/index.ts'
import { starterEnvironment } from './env.ts'
import { createStarterRoutes } from './handler.ts'
import { createStartExecution } from './start-execution.ts'

const env = readEnvironment(starterEnvironment)
const observer = createObserver('starter')

export const handler = bridgeHandler(
  createStarterRoutes({ workflows: env.WORKFLOWS, start: createStartExecution(), observer }),
  {
    settings: { root: env.TOPIC_ROOT, sharedReplies: env.SHARED_REPLIES },
    correlation: createDynamoDbStore({
      client: createDynamoDbClient(),
      tableName: env.CORRELATION_TABLE,
      keptSeconds: REQUEST_LIMITS.correlationKeptSeconds,
    }),
    observer,
    component: 'starter',
  },
)
