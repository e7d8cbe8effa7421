import type { ServiceParityRow } from '../../state/index.ts'
import { ACTION_RETRY_DELAYS_MS } from './action-retries.ts'
import { MAX_ACTIONS } from './compile-topic-rule.ts'

const GUIDE = 'https://docs.aws.amazon.com/iot/latest/developerguide/'

export const RULES_PARITY: readonly ServiceParityRow[] = [
  row('Actions lambda, republish, dynamoDBv2, sqs, with substitution templates', 'honoured', 'iot-rule-actions.html'),
  row(
    'Action stepFunctions',
    'missing',
    'stepfunctions-rule-action.html',
    'checked; there is no Step Functions yet, and a rule with it is refused',
  ),
  row('All other actions', 'missing', 'iot-rule-actions.html', 'a rule with one is refused'),
  row('Actions of a rule', 'honoured', 'iot-rule-actions.html', `at most ${MAX_ACTIONS}`),
  row(
    'Actions whose target is busy are tried again',
    'chosen',
    'iot-rule-actions.html',
    `after ${ACTION_RETRY_DELAYS_MS.map((ms) => `${ms / 1_000} s`).join(', ')}: AWS gives no number`,
  ),
  row('Error action, with the documented message', 'honoured', 'rule-error-handling.html'),
  row(
    'A message by Basic Ingest',
    'chosen',
    'iot-basic-ingest.html',
    'runs the rule it names whatever its FROM: AWS says only that FROM is optional there',
  ),
  row('Functions of other services in SQL: aws_lambda, get_dynamodb, get_secret', 'honoured', 'iot-sql-functions.html'),
  row(
    'get_registry_data',
    'differs',
    'iot-sql-functions.html',
    'DescribeThing; ListThingGroupsForThing fails the statement',
  ),
  row(
    'get_thing_shadow, machinelearning_predict, decode with a descriptor in S3',
    'missing',
    'iot-sql-functions.html',
    'fail the statement',
  ),
  row('Metrics by rule', 'differs', 'metrics_dimensions.html', 'counted, and not sent to CloudWatch'),
]

function row(feature: string, state: ServiceParityRow['state'], page: string, note?: string): ServiceParityRow {
  return { feature, state, source: GUIDE + page, ...(note !== undefined && { note }) }
}
