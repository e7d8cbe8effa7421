import type { ActionKit, PreparedAction } from '../prepared-action.ts'
import type { RuleAction } from '../topic-rule.ts'
import { prepareDynamoDbV2 } from './dynamodb-v2.ts'
import { prepareLambda } from './lambda.ts'
import { prepareRepublish } from './republish.ts'
import { prepareSqs } from './sqs.ts'
import { prepareStepFunctions } from './step-functions.ts'

/** Checks an action and compiles its templates. Throws SqlError or TypeError, with the rule's name. */
export function prepareAction(action: RuleAction, kit: ActionKit): PreparedAction {
  switch (action.kind) {
    case 'lambda':
      return prepareLambda(action, kit)
    case 'republish':
      return prepareRepublish(action, kit)
    case 'dynamoDBv2':
      return prepareDynamoDbV2(action, kit)
    case 'sqs':
      return prepareSqs(action, kit)
    case 'stepFunctions':
      return prepareStepFunctions(action, kit)
  }
}
