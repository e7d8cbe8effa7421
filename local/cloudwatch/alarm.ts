import type { Datapoint, MetricId, MetricStore } from './metric-store.ts'

export const COMPARISONS = {
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
} as const
export const STATISTICS = ['Average', 'Maximum', 'Minimum', 'SampleCount', 'Sum'] as const
export const MISSING_DATA = ['breaching', 'ignore', 'missing', 'notBreaching'] as const
export const PERCENTILE = /^p(\d{1,2}(?:\.\d{1,2})?|100)$/

export type Statistic = (typeof STATISTICS)[number] | `p${number}`
export type AlarmState = 'ALARM' | 'INSUFFICIENT_DATA' | 'OK'

/** An alarm on one metric. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html */
export interface AlarmDefinition {
  readonly name: string
  readonly description: string
  readonly metric: MetricId
  readonly statistic: Statistic
  readonly periodSeconds: number
  readonly evaluationPeriods: number
  readonly datapointsToAlarm: number
  readonly threshold: number
  readonly comparison: keyof typeof COMPARISONS
  readonly missingData: (typeof MISSING_DATA)[number]
}

/** What an alarm says, with the value of the last period that has one. */
export interface Evaluation {
  readonly state: AlarmState
  readonly value: number | undefined
}

/**
 * The state of an alarm at a time. CloudWatch looks at whole periods; here the one that runs counts as well, so that an alarm is
 * told at once, and it holds for as long as either the periods up to now or the last whole ones breach.
 */
export function evaluate(alarm: AlarmDefinition, store: MetricStore, nowMs: number, before: AlarmState): Evaluation {
  const periodMs = alarm.periodSeconds * 1_000
  const runningFromMs = Math.floor(nowMs / periodMs) * periodMs
  const starts = Array.from({ length: alarm.evaluationPeriods + 1 }, (_, index) => runningFromMs - index * periodMs)
  const values = starts.map((fromMs) => {
    const datapoint = store.between(alarm.metric, fromMs, fromMs + periodMs)
    return datapoint && statisticOf(datapoint, alarm.statistic)
  })
  const value = values.find((one) => one !== undefined)
  const isBreaching = (window: readonly (number | undefined)[]) =>
    window.filter((one) => breaches(one, alarm)).length >= alarm.datapointsToAlarm
  if (isBreaching(values.slice(0, -1)) || isBreaching(values.slice(1))) return { state: 'ALARM', value }
  if (value !== undefined || alarm.missingData === 'notBreaching') return { state: 'OK', value }
  return { state: alarm.missingData === 'ignore' ? before : 'INSUFFICIENT_DATA', value }
}

function breaches(value: number | undefined, { missingData, comparison, threshold }: AlarmDefinition): boolean {
  return value === undefined ? missingData === 'breaching' : COMPARISONS[comparison](value, threshold)
}

function statisticOf(datapoint: Datapoint, statistic: Statistic): number {
  switch (statistic) {
    case 'Average':
      return datapoint.sum / datapoint.count
    case 'Maximum':
      return datapoint.maximum
    case 'Minimum':
      return datapoint.minimum
    case 'SampleCount':
      return datapoint.count
    case 'Sum':
      return datapoint.sum
    default: {
      const index = Math.ceil((Number(statistic.slice(1)) / 100) * datapoint.samples.length) - 1
      return datapoint.samples[Math.max(0, index)] ?? Number.NaN
    }
  }
}
