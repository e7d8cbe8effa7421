import { DEVICE_METRICS, type PrometheusMetric } from '#contract/index.ts'
import type { Metrics } from './metrics.ts'

/** Every count has its line in the table. */
const TABLE: Readonly<Record<keyof Metrics, PrometheusMetric & { name: string }>> = DEVICE_METRICS

/**
 * What `bridge.metrics()` tells, in the text format of Prometheus, to be served by whatever the device serves. Names begin with `mqtt_device_`;
 * counters begin anew with the bridge. There are no labels: no client id, no topic.
 */
export function metricsText(metrics: Metrics): string {
  const names = Object.keys(TABLE) as (keyof Metrics)[]
  return names
    .map((key) => {
      const { kind, name, help } = TABLE[key]
      const full = `mqtt_device_${name}${kind === 'counter' ? '_total' : ''}`
      return `# HELP ${full} ${help}\n# TYPE ${full} ${kind}\n${full} ${metrics[key]}\n`
    })
    .join('')
}
