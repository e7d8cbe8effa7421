import type { Dimensions, MetricId } from './metric-store.ts'

/** Everything that was recorded of one metric since the start. */
export interface Total {
  readonly id: MetricId
  /** As CloudWatch names it. */
  readonly unit: string
  sum: number
  count: number
  /** What is at the moment, for a gauge. */
  last: number
}

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Ends of names by unit, as Prometheus wants them. https://prometheus.io/docs/practices/naming/ */
const UNIT_ENDS: Readonly<Record<string, string>> = {
  Milliseconds: '_milliseconds',
  Bytes: '_bytes',
  Seconds: '_seconds',
}

/**
 * The text format of Prometheus: a count as counter, anything with another unit as summary of sum and count, `Gauge` as gauge.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function prometheusText(totals: Iterable<Total>): string {
  const byName = new Map<string, Total[]>()
  for (const total of totals) {
    const name = nameOf(total)
    byName.set(name, [...(byName.get(name) ?? []), total])
  }
  const blocks = [...byName].sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, all]) => block(name, all))
  return blocks.join('')
}

function block(name: string, totals: readonly Total[]): string {
  const [{ id, unit } = { id: undefined, unit: '' }] = totals
  const type = unit === 'Gauge' ? 'gauge' : unit === 'Count' ? 'counter' : 'summary'
  const lines = totals.flatMap((one) => {
    const labels = labelsOf(one.id.dimensions)
    if (type === 'summary') return [`${name}_sum${labels} ${one.sum}`, `${name}_count${labels} ${one.count}`]
    return [`${name}${labels} ${type === 'gauge' ? one.last : one.sum}`]
  })
  return [`# HELP ${name} ${id?.name} of ${id?.namespace}`, `# TYPE ${name} ${type}`, ...lines.sort(), ''].join('\n')
}

function nameOf({ id, unit }: Total): string {
  const end = unit === 'Count' ? '_total' : (UNIT_ENDS[unit] ?? '')
  return `${snake(id.namespace)}_${snake(id.name)}${end}`
}

function labelsOf(dimensions: Dimensions): string {
  const labels = Object.entries(dimensions).map(([name, value]) => `${snake(name)}=${JSON.stringify(value)}`)
  return labels.length === 0 ? '' : `{${labels.join(',')}}`
}

/** `AWS/Lambda` becomes `aws_lambda`, `EndToEndLatency` `end_to_end_latency`. */
function snake(text: string): string {
  return text
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/\W+/g, '_')
    .toLowerCase()
}
