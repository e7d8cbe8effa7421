import { METRICS, METRICS_NAMESPACE, type MetricDimension, type MetricName } from '#contract/index.ts'

export type Dimensions = Readonly<Partial<Record<MetricDimension, string>>>

export interface EmbeddedMetrics {
  add(metric: MetricName, value: number, dimensions: Dimensions): void
  /** Writes what was added since, as one line; nothing when nothing was. */
  flush(): void
}

interface Directive {
  Namespace: string
  Dimensions: string[][]
  Metrics: { Name: string; Unit: string }[]
}

/**
 * Metrics in the embedded metric format, on one line for each invocation: each metric under its own sets of dimensions, which Powertools
 * would write as lines of their own. A value that differs from one on the line begins another.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function createEmbeddedMetrics(
  service: string,
  write: (line: string) => void,
  /** Further fields of each line, which are no dimensions. */
  fields: () => Readonly<Record<string, string>> = () => ({}),
): EmbeddedMetrics {
  let values: Record<string, number | number[]> = {}
  let labels: Record<string, string> = {}
  let directives = new Map<string, Directive>()

  function flush(): void {
    if (directives.size === 0) return
    const head = { Timestamp: Date.now(), CloudWatchMetrics: [...directives.values()] }
    write(`${JSON.stringify({ _aws: head, service, ...fields(), ...labels, ...values })}\n`)
    values = {}
    labels = {}
    directives = new Map()
  }

  return {
    add(metric, value, dimensions) {
      for (const [name, label] of Object.entries(dimensions)) {
        if (labels[name] !== undefined && labels[name] !== label) flush()
      }
      const { unit, by } = METRICS[metric]
      const sets = by.filter((set) => set.every((name: MetricDimension) => dimensions[name] !== undefined))
      if (sets.length === 0) return
      Object.assign(labels, dimensions)
      const before = values[metric]
      if (before === undefined) declare(metric, unit, sets)
      values[metric] = before === undefined ? value : [before, value].flat()
    },
    flush,
  }

  function declare(metric: MetricName, unit: string, sets: readonly (readonly string[])[]): void {
    const key = sets.join(';')
    const directive = directives.get(key) ?? {
      Namespace: METRICS_NAMESPACE,
      Dimensions: sets.map((set) => ['service', ...set]),
      Metrics: [],
    }
    directive.Metrics.push({ Name: metric, Unit: unit })
    directives.set(key, directive)
  }
}
