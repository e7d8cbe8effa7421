import { LambdaClient } from '@aws-sdk/client-lambda'
import { REQUEST_LIMITS } from '#contract/index.ts'
import { createDynamoDbStore } from '#correlation/index.ts'
import { createCurrentRules } from '../conscience/current-rules.ts'
import { RULES_FILE } from '../conscience/env.ts'
import { createRuleTable } from '../conscience/rule-table.ts'
import { parseRules } from '../conscience/rules.ts'
import { createDynamoDbClient } from '../shared/dynamodb.ts'
import { readEnvironment } from '../shared/environment.ts'
import { createFinisher } from '../shared/finish-request.ts'
import { callFunction, enqueueEvent } from '../shared/invoke-function.ts'
import { createObserver } from '../shared/observability.ts'
import { readDeployedFile } from '../shared/roles.ts'
import { sdkSettings } from '../shared/sdk-client.ts'
import { currentTraceId } from '../shared/trace.ts'
import { workflowHandler } from '../shared/workflow-handler.ts'
import { reviewEnvironment } from './env.ts'
import { createReview } from './handler.ts'

const env = readEnvironment(reviewEnvironment)
const lambda = new LambdaClient(sdkSettings({ maxAttempts: 2, requestTimeoutMs: 2_000 }))
// the requester waits for the broker's word; a lost answer is asked for again by the next attempt of the step
const requester = new LambdaClient(sdkSettings({ maxAttempts: 1, requestTimeoutMs: 22_000 }))
const observer = createObserver('review')
const client = createDynamoDbClient()

const review = createReview({
  evaluator: createCurrentRules({
    table: createRuleTable({ client, tableName: env.RULE_TABLE }),
    deployed: parseRules(readDeployedFile(RULES_FILE)),
    observer,
  }),
  async ask(request) {
    await callFunction(requester, env.REQUESTER_FUNCTION, { ...request, trace_id: currentTraceId() })
  },
  operator: env.REVIEW_OPERATOR,
  decisionSeconds: env.REVIEW_DECISION_SECONDS,
})

export const handler = workflowHandler(review, {
  finisher: createFinisher({
    root: env.TOPIC_ROOT,
    correlation: createDynamoDbStore({
      client,
      tableName: env.CORRELATION_TABLE,
      keptSeconds: REQUEST_LIMITS.correlationKeptSeconds,
    }),
    publish: (command) => enqueueEvent(lambda, env.PUBLISHER_FUNCTION, command),
    observer,
    component: 'review',
  }),
  observer,
})
