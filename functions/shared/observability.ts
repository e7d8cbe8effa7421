import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'
import { METRICS_NAMESPACE, type MetricName } from './metrics.ts'

/** Structured lines and counts. Neither ever gets a payload, a token or a secret. */
export interface Observer {
  info(event: string, fields?: Readonly<Record<string, unknown>>): void
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void
  error(event: string, fields?: Readonly<Record<string, unknown>>): void
  count(metric: MetricName, by?: number): void
  /** Writes the counts of this invocation. */
  flush(): void
}

/** Log lines as JSON and metrics in the embedded metric format, on standard output. */
export function createObserver(service: string): Observer {
  const logger = new Logger({ serviceName: service })
  const metrics = new Metrics({ namespace: METRICS_NAMESPACE, serviceName: service })
  return {
    info: (event, fields = {}) => logger.info(event, { ...fields }),
    warn: (event, fields = {}) => logger.warn(event, { ...fields }),
    error: (event, fields = {}) => logger.error(event, { ...fields }),
    count: (metric, by = 1) => metrics.addMetric(metric, 'Count', by),
    flush: () => metrics.publishStoredMetrics(),
  }
}
