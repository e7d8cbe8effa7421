import type { MetricId } from './metric-store.ts'

/** One metric of a line: its values, once for each set of dimensions, and with all dimensions together. */
export interface EmbeddedMetric {
  readonly values: readonly number[]
  readonly unit: string
  readonly ids: readonly MetricId[]
  readonly whole: MetricId
}

/** How a line of the format begins: what is no line of it is told apart without reading it. */
const BEGINNING = '{"_aws"'

/**
 * The metrics of a log line in the embedded metric format; none for any other line. A directive that names what the line does not have is
 * left out, as CloudWatch does.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function embeddedMetrics(text: string): EmbeddedMetric[] {
  if (!text.startsWith(BEGINNING)) return []
  const line = parse(text)
  const { CloudWatchMetrics: directives } = (line?._aws ?? {}) as { CloudWatchMetrics?: unknown }
  if (!line || !Array.isArray(directives)) return []
  return (directives as Directive[]).flatMap((directive) => metricsOf(directive, line))
}

interface Directive {
  Namespace?: unknown
  Dimensions?: unknown
  Metrics?: unknown
}

function metricsOf({ Namespace, Dimensions, Metrics }: Directive, line: Record<string, unknown>): EmbeddedMetric[] {
  if (typeof Namespace !== 'string' || !Array.isArray(Metrics)) return []
  const sets = (Array.isArray(Dimensions) ? (Dimensions as unknown[]) : [[]]).filter(isNames)
  return (Metrics as { Name?: unknown; Unit?: unknown }[]).flatMap(({ Name, Unit }) => {
    if (typeof Name !== 'string') return []
    const values = [line[Name]].flat().filter((value) => typeof value === 'number')
    if (values.length === 0) return []
    const id = (names: readonly string[]): MetricId => ({
      namespace: Namespace,
      name: Name,
      dimensions: Object.fromEntries(names.map((name) => [name, String(line[name])])),
    })
    const known = sets.filter((set) => set.every((name) => line[name] !== undefined))
    const unit = typeof Unit === 'string' ? Unit : 'None'
    return [{ values, unit, ids: known.map(id), whole: id([...new Set(known.flat())]) }]
  })
}

function isNames(set: unknown): set is string[] {
  return Array.isArray(set) && set.every((name) => typeof name === 'string')
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return undefined
  }
}
