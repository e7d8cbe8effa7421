import { GetDurableExecutionCommand, LambdaClient, ResourceNotFoundException } from '@aws-sdk/client-lambda'
import { REQUEST_LIMITS } from '#contract/index.ts'
import { createDynamoDbStore } from '#correlation/index.ts'
import { createDynamoDbClient, createFinisher, createObserver, enqueueEvent, readEnvironment } from '../shared/index.ts'
import { sdkSettings } from '../shared/sdk-client.ts'
import { reconcilerEnvironment } from './env.ts'
import { createReconciler } from './handler.ts'

const env = readEnvironment(reconcilerEnvironment)
const lambda = new LambdaClient(sdkSettings({ maxAttempts: 2, requestTimeoutMs: 2_000 }))
const observer = createObserver('reconciler')

export const handler = createReconciler({
  finisher: createFinisher({
    root: env.TOPIC_ROOT,
    correlation: createDynamoDbStore({
      client: createDynamoDbClient(),
      tableName: env.CORRELATION_TABLE,
      keptSeconds: REQUEST_LIMITS.correlationKeptSeconds,
    }),
    publish: (command) => enqueueEvent(lambda, env.PUBLISHER_FUNCTION, command),
    observer,
    component: 'workflow',
  }),
  async inputOf(durableExecutionArn) {
    try {
      const call = new GetDurableExecutionCommand({ DurableExecutionArn: durableExecutionArn })
      return (await lambda.send(call)).InputPayload
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined
      throw error
    }
  },
  observer,
})
