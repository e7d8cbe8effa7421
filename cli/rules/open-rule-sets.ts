import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { deploymentNames } from '#contract/index.ts'
import { openTarget, type TargetOptions } from '../target.ts'
import { createRuleSets, type RuleSets } from './rule-sets.ts'

/** Of the bridge that the options name. */
export function openRuleSets(options: TargetOptions): RuleSets {
  const { aws, stage } = openTarget(options)
  return createRuleSets(new DynamoDBClient(aws), deploymentNames(stage).ruleTable)
}
