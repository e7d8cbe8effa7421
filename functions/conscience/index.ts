import { REQUEST_LIMITS } from '#contract/index.ts'
import { createDynamoDbStore } from '#correlation/index.ts'
import {
  bridgeHandler,
  createDynamoDbClient,
  createObserver,
  readDeployedFile,
  readEnvironment,
} from '../shared/index.ts'
import { conscienceEnvironment, RULES_FILE } from './env.ts'
import { createConscienceRoutes } from './handler.ts'
import { createRuleEngine } from './rule-engine.ts'
import { parseRules } from './rules.ts'

const env = readEnvironment(conscienceEnvironment)
const rules = parseRules(readDeployedFile(RULES_FILE))

export const handler = bridgeHandler(createConscienceRoutes({ evaluator: createRuleEngine(rules) }), {
  settings: { root: env.TOPIC_ROOT, sharedReplies: env.SHARED_REPLIES },
  correlation: createDynamoDbStore({
    client: createDynamoDbClient(),
    tableName: env.CORRELATION_TABLE,
    keptSeconds: REQUEST_LIMITS.correlationKeptSeconds,
  }),
  observer: createObserver('conscience'),
  component: 'conscience',
})
