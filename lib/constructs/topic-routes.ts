import { Stack } from 'aws-cdk-lib'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as iot from 'aws-cdk-lib/aws-iot'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { deploymentNames, type HandlerName, ruleDefinitions, SQL_VERSION, TOPICS } from '#contract/index.ts'
import { type BridgeFunction, iotArn } from './bridge-function.ts'

/**
 * One topic rule for every handled topic of the contract. A rule may invoke its function and nothing else; what no function could take goes to
 * the error queue.
 */
export class TopicRoutes extends Construct {
  readonly ruleNames: string[] = []
  readonly #error: iot.CfnTopicRule.ActionProperty

  constructor(
    scope: Construct,
    id: string,
    props: {
      stage: string
      root: string
      functions: Readonly<Record<HandlerName, BridgeFunction>>
      errorQueue: IQueue
    },
  ) {
    super(scope, id)
    const rules = ruleDefinitions(props.root, deploymentNames(props.stage).rulePrefix)
    const errorRole = new iam.Role(this, 'ErrorRole', {
      assumedBy: new iam.ServicePrincipal('iot.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    })
    errorRole.addToPolicy(
      new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [props.errorQueue.queueArn] }),
    )
    this.#error = {
      sqs: { queueUrl: props.errorQueue.queueUrl, roleArn: errorRole.roleArn, useBase64: false },
    }
    for (const rule of rules) {
      this.add(rule, `${TOPICS[rule.key].direction} ${rule.key}`, props.functions[rule.handledBy])
    }
  }

  /** One more rule, beside those of the contract's topics. */
  add(rule: { name: string; sql: string }, description: string, target: BridgeFunction): void {
    new iot.CfnTopicRule(this, rule.name, {
      ruleName: rule.name,
      topicRulePayload: {
        description,
        sql: rule.sql,
        awsIotSqlVersion: SQL_VERSION,
        ruleDisabled: false,
        actions: [{ lambda: { functionArn: target.function.functionArn } }],
        errorAction: this.#error,
      },
    })
    target.allowInvokeBy(`InvokedBy-${rule.name}`, 'iot.amazonaws.com', iotArn(this, 'rule', rule.name))
    this.ruleNames.push(rule.name)
  }
}
