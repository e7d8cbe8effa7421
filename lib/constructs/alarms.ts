import { Duration, Stack } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import * as sns from 'aws-cdk-lib/aws-sns'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { METRICS_NAMESPACE, type MetricName, type TopicKey } from '#contract/index.ts'
import { ALARM_KINDS, type AlarmKind, type AlarmKindName, alarmDescription } from '../alarm-kinds.ts'
import type { BridgeFunction } from './bridge-function.ts'

export interface AlarmsProps {
  functions: Readonly<Record<string, BridgeFunction>>
  /** The functions whose outcome a destination carries on. */
  withDestinations: readonly string[]
  /** The functions that read a stream of a table. */
  streamReaders: readonly string[]
  deadLetterQueues: Readonly<Record<string, IQueue>>
  ruleNames: readonly string[]
  /** The topics whose requests are answered. */
  requestRoutes: readonly TopicKey[]
  /** Where docs/RUNBOOK.md is read. */
  runbookUrl: string
  /** Notified by every alarm. @default nobody: alarms show in the console only */
  topicArn?: string | undefined
}

/** On what every connect, and every answer, hangs. */
const BOTTLENECKS = ['authorizer', 'publisher']

/** The alarms of a deployment, each of one of the kinds of {@link ALARM_KINDS}. Silence raises none. */
export class Alarms extends Construct {
  readonly #props: AlarmsProps
  readonly #topic: sns.ITopic | undefined
  readonly alarms: cloudwatch.Alarm[] = []

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id)
    this.#props = props
    this.#topic = props.topicArn ? sns.Topic.fromTopicArn(this, 'Topic', props.topicArn) : undefined
    for (const [name, queue] of Object.entries(props.deadLetterQueues)) {
      this.#alarm('DeadLetters', name, queue.metricApproximateNumberOfMessagesVisible())
    }
    for (const [name, { function: fn }] of Object.entries(props.functions)) {
      this.#alarm('Errors', name, fn.metricErrors())
      this.#alarm('Faults', name, ownMetric('SystemFaults', { service: name }))
      if (props.withDestinations.includes(name)) {
        this.#alarm('Destinations', name, fn.metric('DestinationDeliveryFailures'))
        this.#alarm('Late', name, ownMetric('RequestsRefused', { service: name, code: 'deadline_exceeded' }))
      }
      if (props.streamReaders.includes(name)) this.#alarm('Behind', name, fn.metric('IteratorAge'))
      if (BOTTLENECKS.includes(name)) this.#alarm('Throttles', name, fn.metricThrottles())
    }
    for (const ruleName of props.ruleNames) this.#alarm('ParseError', ruleName, ruleMetric('ParseError', ruleName))
    this.#alarm('Refused', 'authorizer', ownMetric('ConnectionsRefused', { service: 'authorizer' }))
    this.#alarm('Slow', 'authorizer', ownMetric('DecisionLatency', { service: 'authorizer' }))
    for (const route of props.requestRoutes) {
      this.#alarm('Waiting', route, ownMetric('EndToEndLatency', { service: 'publisher', route }))
    }
  }

  #alarm(kind: AlarmKindName, name: string, metric: cloudwatch.Metric): void {
    const { statistic, threshold, periodSeconds }: AlarmKind = ALARM_KINDS[kind]
    const id = `${kind}-${name.replaceAll('/', '-')}`
    const alarm = new cloudwatch.Alarm(this, id, {
      alarmName: `${Stack.of(this).stackName}-${id}`,
      metric: metric.with({ statistic, period: Duration.seconds(periodSeconds) }),
      threshold,
      evaluationPeriods: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      alarmDescription: alarmDescription(kind, name, this.#props.runbookUrl),
    })
    if (this.#topic) alarm.addAlarmAction(new SnsAction(this.#topic))
    this.alarms.push(alarm)
  }
}

/** One of the metrics that the functions write. */
export function ownMetric(metricName: MetricName, dimensionsMap: cloudwatch.DimensionsMap): cloudwatch.Metric {
  return new cloudwatch.Metric({ namespace: METRICS_NAMESPACE, metricName, dimensionsMap, statistic: 'Sum' })
}

/** https://docs.aws.amazon.com/iot/latest/developerguide/metrics_dimensions.html */
export function ruleMetric(metricName: string, RuleName: string): cloudwatch.Metric {
  return new cloudwatch.Metric({ namespace: 'AWS/IoT', metricName, dimensionsMap: { RuleName }, statistic: 'Sum' })
}
