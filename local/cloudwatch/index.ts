export {
  type AlarmDefinition,
  type AlarmState,
  COMPARISONS,
  MISSING_DATA,
  PERCENTILE,
  STATISTICS,
  type Statistic,
} from './alarm.ts'
export { type AlarmStatus, type CloudWatch, createCloudWatch, type Reading } from './cloudwatch.ts'
export { PROMETHEUS_CONTENT_TYPE } from './prometheus.ts'
