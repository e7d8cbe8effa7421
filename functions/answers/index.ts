import { REQUEST_LIMITS } from '#contract/index.ts'
import { createDynamoDbDeviceRequests } from '#correlation/index.ts'
import { createAwsWaiters } from '../shared/asking/aws-waiters.ts'
import { createTellOutcome } from '../shared/asking/tell-outcome.ts'
import { bridgeHandler, createDynamoDbClient, createObserver, readEnvironment } from '../shared/index.ts'
import { answersEnvironment } from './env.ts'
import { createAnswerRoutes, refuseAnswer } from './handler.ts'

const env = readEnvironment(answersEnvironment)
const observer = createObserver('answers')
const waiters = createAwsWaiters()
const requests = createDynamoDbDeviceRequests({
  client: createDynamoDbClient(),
  tableName: env.CORRELATION_TABLE,
  keptSeconds: REQUEST_LIMITS.correlationKeptSeconds,
})
const dependencies = {
  requests,
  waiters,
  tellOutcome: createTellOutcome({ requests, waiters, observer }),
  observer,
}

export const handler = bridgeHandler(createAnswerRoutes(dependencies), {
  settings: { root: env.TOPIC_ROOT, sharedReplies: [] },
  observer,
  component: 'answers',
  refused: refuseAnswer(dependencies),
})
