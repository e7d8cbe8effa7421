import { Logger } from '@aws-lambda-powertools/logger'
import type { MetricName } from '#contract/index.ts'
import { createEmbeddedMetrics, type Dimensions } from './embedded-metrics.ts'
import { traceFields } from './trace.ts'

/** Structured lines and metrics. Neither ever gets a payload, a token or a secret, nor a metric a client id. */
export interface Observer {
  info(event: string, fields?: Readonly<Record<string, unknown>>): void
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void
  error(event: string, fields?: Readonly<Record<string, unknown>>): void
  count(metric: MetricName, by?: number, dimensions?: Dimensions): void
  /** One value of a metric that is no count, in its unit. */
  measure(metric: MetricName, value: number, dimensions?: Dimensions): void
  /** Writes the metrics of this invocation. */
  flush(): void
}

/** Log lines as JSON, each with the trace it belongs to, and metrics in the embedded metric format, on standard output. */
export function createObserver(service: string): Observer {
  const logger = new Logger({ serviceName: service })
  const metrics = createEmbeddedMetrics(service, (line) => void process.stdout.write(line), traceFields)
  let isCold = true
  const traced = (fields: Readonly<Record<string, unknown>> = {}) => ({ ...fields, ...traceFields() })
  return {
    info: (event, fields) => logger.info(event, traced(fields)),
    warn: (event, fields) => logger.warn(event, traced(fields)),
    error: (event, fields) => logger.error(event, traced(fields)),
    count: (metric, by = 1, dimensions = {}) => metrics.add(metric, by, dimensions),
    measure: (metric, value, dimensions = {}) => metrics.add(metric, value, dimensions),
    flush() {
      if (isCold) metrics.add('ColdStarts', 1, {})
      isCold = false
      metrics.flush()
    },
  }
}
