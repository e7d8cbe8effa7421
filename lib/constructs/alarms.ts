import { Duration } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import * as sns from 'aws-cdk-lib/aws-sns'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { METRICS_NAMESPACE } from '#functions/shared/metrics.ts'
import type { BridgeFunction } from './bridge-function.ts'

export interface AlarmsProps {
  functions: Readonly<Record<string, BridgeFunction>>
  /** The functions whose outcome a destination carries on. */
  withDestinations: readonly string[]
  deadLetterQueues: Readonly<Record<string, IQueue>>
  ruleNames: readonly string[]
  /** Notified by every alarm. @default nobody: alarms show in the console only */
  topicArn?: string | undefined
}

/**
 * One alarm for everything that must not happen at all, so each threshold is one: a message in a dead-letter queue, a function that
 * failed, an outcome that did not reach the publisher, a rule that could not read a message.
 */
export class Alarms extends Construct {
  readonly #topic: sns.ITopic | undefined

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id)
    this.#topic = props.topicArn ? sns.Topic.fromTopicArn(this, 'Topic', props.topicArn) : undefined
    const period = Duration.minutes(1)
    for (const [name, queue] of Object.entries(props.deadLetterQueues)) {
      const metric = queue.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' })
      this.#alarm(
        `DeadLetters-${name}`,
        metric,
        `Messages that ${name} could not handle wait in its dead-letter queue.`,
      )
    }
    for (const [name, { function: fn }] of Object.entries(props.functions)) {
      this.#alarm(`Errors-${name}`, fn.metricErrors({ period }), `Invocations of ${name} failed.`)
      const faults = new cloudwatch.Metric({
        namespace: METRICS_NAMESPACE,
        metricName: 'SystemFaults',
        dimensionsMap: { service: name },
        statistic: 'Sum',
        period,
      })
      this.#alarm(`Faults-${name}`, faults, `${name} met faults of the system; its log names their codes.`)
    }
    for (const name of props.withDestinations) {
      const failures = props.functions[name]?.function.metric('DestinationDeliveryFailures', {
        period,
        statistic: 'Sum',
      })
      if (failures) this.#alarm(`Destinations-${name}`, failures, `Outcomes of ${name} did not reach the publisher.`)
    }
    for (const ruleName of props.ruleNames) {
      const metric = new cloudwatch.Metric({
        namespace: 'AWS/IoT',
        metricName: 'ParseError',
        dimensionsMap: { RuleName: ruleName },
        statistic: 'Sum',
        period,
      })
      this.#alarm(`ParseError-${ruleName}`, metric, `Topic rule ${ruleName} could not read messages.`)
    }
  }

  #alarm(id: string, metric: cloudwatch.IMetric, description: string): void {
    const alarm = new cloudwatch.Alarm(this, id, {
      metric,
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      alarmDescription: description,
    })
    if (this.#topic) alarm.addAlarmAction(new SnsAction(this.#topic))
  }
}
