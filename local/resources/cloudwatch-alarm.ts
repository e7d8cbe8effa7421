import {
  type AlarmDefinition,
  COMPARISONS,
  MISSING_DATA,
  PERCENTILE,
  STATISTICS,
  type Statistic,
} from '../cloudwatch/index.ts'
import { arn } from './context.ts'
import type { ResourceEmulator } from './emulator.ts'
import { isObject, readProperties } from './properties.ts'

const DEFAULT_PERIOD_SECONDS = 60

/** AWS::CloudWatch::Alarm on one metric; who would be notified is not. */
export const cloudWatchAlarm: ResourceEmulator = {
  properties: {
    honoured: [
      'AlarmName',
      'AlarmDescription',
      'Namespace',
      'MetricName',
      'Dimensions',
      'Statistic',
      'ExtendedStatistic',
      'Period',
      'EvaluationPeriods',
      'DatapointsToAlarm',
      'Threshold',
      'ComparisonOperator',
      'TreatMissingData',
    ],
    ignored: ['ActionsEnabled', 'AlarmActions', 'InsufficientDataActions', 'OKActions', 'Tags', 'Unit'],
    refused: ['EvaluateLowSampleCountPercentile', 'Metrics', 'ThresholdMetricId'],
  },
  note: 'looked at every five seconds, over whole minutes and the running one; changes are told in the log, and nobody is notified; no metric math',
  create,
}

function create(
  request: Parameters<ResourceEmulator['create']>[0],
  context: Parameters<ResourceEmulator['create']>[1],
) {
  const read = readProperties(request)
  const oneOf = <Choice extends string>(name: string, choices: readonly Choice[], fallback?: Choice): Choice => {
    const given = read.optionalText(name) ?? fallback
    const found = choices.find((choice) => choice === given)
    if (found === undefined) {
      throw new TypeError(
        `${request.type} ${request.logicalId}: expected ${name} to be one of ${choices.join(', ')}, got ${given}`,
      )
    }
    return found
  }
  const positive = (name: string, fallback?: number): number => {
    const value = read.number(name) ?? fallback
    if (value !== undefined && Number.isInteger(value) && value > 0) return value
    throw new TypeError(`${request.type} ${request.logicalId}: expected ${name} to be a number above 0, got ${value}`)
  }
  const threshold = read.number('Threshold')
  if (threshold === undefined)
    throw new TypeError(`${request.type} ${request.logicalId}: expected Threshold to be a number`)
  const percentile = read.optionalText('ExtendedStatistic')
  if (percentile !== undefined && !PERCENTILE.test(percentile)) {
    throw new TypeError(
      `${request.type} ${request.logicalId}: expected ExtendedStatistic to be a percentile, got ${percentile}`,
    )
  }
  const name = read.optionalText('AlarmName') ?? request.physicalName()
  const evaluationPeriods = positive('EvaluationPeriods')
  const definition: AlarmDefinition = {
    name,
    description: read.optionalText('AlarmDescription') ?? '',
    metric: {
      namespace: read.text('Namespace'),
      name: read.text('MetricName'),
      dimensions: Object.fromEntries(
        read.list('Dimensions').flatMap((one) => (isObject(one) ? [[String(one.Name), String(one.Value)]] : [])),
      ),
    },
    statistic: (percentile as Statistic | undefined) ?? oneOf('Statistic', STATISTICS),
    periodSeconds: positive('Period', DEFAULT_PERIOD_SECONDS),
    evaluationPeriods,
    datapointsToAlarm: positive('DatapointsToAlarm', evaluationPeriods),
    threshold,
    comparison: oneOf('ComparisonOperator', Object.keys(COMPARISONS) as (keyof typeof COMPARISONS)[]),
    missingData: oneOf('TreatMissingData', MISSING_DATA, 'missing'),
  }
  const remove = context.cloudWatch.define(definition)
  return {
    ref: name,
    attributes: { Arn: arn(context, 'cloudwatch', `alarm:${name}`) },
    dispose: remove,
  }
}
