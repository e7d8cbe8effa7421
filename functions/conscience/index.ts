import { REQUEST_LIMITS } from '#contract/index.ts'
import { createDynamoDbStore } from '#correlation/index.ts'
import {
  bridgeHandler,
  createDynamoDbClient,
  createObserver,
  readDeployedFile,
  readEnvironment,
} from '../shared/index.ts'
import { createCurrentRules } from './current-rules.ts'
import { conscienceEnvironment, RULES_FILE } from './env.ts'
import { createConscienceRoutes } from './handler.ts'
import { createRuleTable } from './rule-table.ts'
import { parseRules } from './rules.ts'

const env = readEnvironment(conscienceEnvironment)
const client = createDynamoDbClient()
const observer = createObserver('conscience')
const evaluator = createCurrentRules({
  table: createRuleTable({ client, tableName: env.RULE_TABLE }),
  deployed: parseRules(readDeployedFile(RULES_FILE)),
  observer,
})

export const handler = bridgeHandler(createConscienceRoutes({ evaluator }), {
  settings: { root: env.TOPIC_ROOT, sharedReplies: env.SHARED_REPLIES },
  correlation: createDynamoDbStore({
    client,
    tableName: env.CORRELATION_TABLE,
    keptSeconds: REQUEST_LIMITS.correlationKeptSeconds,
  }),
  observer,
  component: 'conscience',
})
