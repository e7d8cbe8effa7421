import { Duration, Stack } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { METRICS, METRICS_NAMESPACE, type MetricName, type TopicKey } from '#contract/index.ts'
import { ownMetric, ruleMetric } from './alarms.ts'
import type { BridgeFunction } from './bridge-function.ts'

export interface DashboardProps {
  functions: Readonly<Record<string, BridgeFunction>>
  deadLetterQueues: Readonly<Record<string, IQueue>>
  ruleNames: readonly string[]
  requestRoutes: readonly TopicKey[]
  alarms: cloudwatch.IAlarm[]
}

const PERIOD = Duration.minutes(1)
const WIDTH = 8
/** https://docs.aws.amazon.com/iot/latest/developerguide/metrics_dimensions.html */
const BROKER_METRICS = {
  connects: ['Connect.Success', 'Connect.AuthError', 'Connect.ClientError', 'Connect.ServerError', 'Connect.Throttle'],
  messages: ['PublishIn.Success', 'PublishOut.Success', 'PublishIn.AuthError', 'PublishIn.Throttle'],
} as const

/** One page for the state of a deployment, from what hurts devices down to what costs money. */
export class Dashboard extends Construct {
  readonly #props: DashboardProps

  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id)
    this.#props = props
    const { functions, deadLetterQueues, ruleNames, alarms } = props
    const dashboard = new cloudwatch.Dashboard(this, 'Page', {
      dashboardName: Stack.of(this).stackName,
      defaultInterval: Duration.hours(3),
      periodOverride: cloudwatch.PeriodOverride.AUTO,
    })
    dashboard.addWidgets(new cloudwatch.AlarmStatusWidget({ title: 'Alarms', alarms, width: 24, height: 4 }))
    dashboard.addWidgets(
      graph('Connects', this.#broker('connects')),
      graph('Decisions of the authorizer', [
        ownMetric('ConnectionsAccepted', { service: 'authorizer' }),
        ownMetric('ConnectionsRefused', { service: 'authorizer' }),
      ]),
      graph('Time of a decision', percentiles(ownMetric('DecisionLatency', { service: 'authorizer' }))),
    )
    dashboard.addWidgets(
      graph('Connects refused, by code', [search('ConnectionsRefused', 'code')]),
      graph('Requests refused, by code', [search('RequestsRefused', 'code')]),
      graph('Faults of the system, by code', [search('SystemFaults', 'code')]),
    )
    dashboard.addWidgets(
      graph('Requests answered, by route', [search('RequestsAnswered', 'route')]),
      graph(
        'Devices wait, p99',
        this.#routes('EndToEndLatency').map((metric) => metric.with({ statistic: 'p99' })),
      ),
      graph('Handlers work, p99', [search('HandlerLatency', 'route', 'p99')]),
    )
    dashboard.addWidgets(
      graph('Duplicates and takeovers', [
        search('RequestsReplayed', 'route'),
        search('RequestsInFlight', 'route'),
        search('LeasesLost', 'route'),
      ]),
      graph('Late, by route', [search('RequestsLate', 'route'), search('OutcomesLate', 'route')]),
      graph('Size of replies, p99', [search('ReplySize', 'route', 'p99')]),
    )
    dashboard.addWidgets(
      graph(
        'Dead-letter queues',
        Object.values(deadLetterQueues).map((queue) =>
          queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum' }),
        ),
      ),
      graph(
        'Failed invocations',
        Object.values(functions).map(({ function: fn }) => fn.metricErrors()),
      ),
      graph(
        'Errors of rules',
        ruleNames.flatMap((name) => [ruleMetric('ParseError', name)]),
      ),
    )
    dashboard.addWidgets(
      graph('Messages', this.#broker('messages')),
      graph(
        'Invocations',
        Object.values(functions).map(({ function: fn }) => fn.metricInvocations()),
      ),
      graph(
        'Cold starts',
        Object.keys(functions).map((service) => ownMetric('ColdStarts', { service })),
      ),
    )
  }

  #routes(metric: MetricName): cloudwatch.Metric[] {
    return this.#props.requestRoutes.map((route) => ownMetric(metric, { service: 'publisher', route }))
  }

  #broker(kind: keyof typeof BROKER_METRICS): cloudwatch.Metric[] {
    return BROKER_METRICS[kind].map(
      (metricName) =>
        new cloudwatch.Metric({
          namespace: 'AWS/IoT',
          metricName,
          dimensionsMap: { Protocol: 'MQTT' },
          statistic: 'Sum',
        }),
    )
  }
}

function graph(title: string, left: cloudwatch.IMetric[]): cloudwatch.GraphWidget {
  return new cloudwatch.GraphWidget({
    title,
    left,
    width: WIDTH,
    period: PERIOD,
    leftYAxis: { min: 0, showUnits: false },
  })
}

function percentiles(metric: cloudwatch.Metric): cloudwatch.Metric[] {
  return ['p50', 'p99'].map((statistic) => metric.with({ statistic, label: statistic }))
}

/** Whatever values a dimension takes: codes and routes come and go. */
function search(metric: MetricName, dimension: 'code' | 'route', statistic = 'Sum'): cloudwatch.MathExpression {
  const { by } = METRICS[metric]
  if (!by.some((set) => set.join() === dimension)) throw new TypeError(`${metric} is not told apart by ${dimension}`)
  return new cloudwatch.MathExpression({
    expression: `SEARCH('{${METRICS_NAMESPACE},service,${dimension}} MetricName="${metric}"', '${statistic}', ${PERIOD.toSeconds()})`,
    label: metric,
    period: PERIOD,
    usingMetrics: {},
  })
}
