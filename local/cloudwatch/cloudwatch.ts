import type { Clock } from '../state/index.ts'
import { type AlarmDefinition, type AlarmState, evaluate } from './alarm.ts'
import { embeddedMetrics } from './embedded-metrics.ts'
import { createMetricStore, keyOf, type MetricId } from './metric-store.ts'
import { prometheusText, type Total } from './prometheus.ts'

/** A metric of a service, read when somebody looks: counts since the start, or what is at the moment. */
export interface Reading {
  readonly id: MetricId
  readonly value: number
  readonly kind: 'count' | 'gauge'
}

export interface AlarmStatus extends AlarmDefinition {
  readonly state: AlarmState
  readonly value: number | undefined
  readonly changedAtMs: number
}

export interface CloudWatch {
  /** Takes the metrics of a log line, if it has any, and the duration in a line of Lambda's own. */
  ingest(line: { functionName: string; text: string }): void
  /** An alarm of that name is replaced, and keeps its state. The returned function takes it away. */
  define(alarm: AlarmDefinition): () => void
  /** Looks at all alarms now; changes are told in the log. */
  alarms(): AlarmStatus[]
  /** Everything since the start, in the text format of Prometheus. */
  prometheus(): string
}

interface AlarmEntry {
  definition: AlarmDefinition
  state: AlarmState
  value: number | undefined
  changedAtMs: number
}

const REPORT_LINE = /^REPORT RequestId: \S+\tDuration: ([\d.]+) ms/

/** Metrics and alarms of the functions and services of this machine. */
export function createCloudWatch(options: {
  clock: Pick<Clock, 'nowMs'>
  /** Metrics of the services, read whenever somebody looks. */
  readings: () => readonly Reading[]
  log(entry: { level: 'info' | 'warn'; event: string; [field: string]: unknown }): void
}): CloudWatch {
  const { clock, readings, log } = options
  const store = createMetricStore(() => clock.nowMs())
  const totals = new Map<string, Total>()
  /** The last reading of each count. */
  const counted = new Map<string, number>()
  const alarms = new Map<string, AlarmEntry>()

  function add(id: MetricId, value: number, unit: string): void {
    const key = keyOf(id)
    const total = totals.get(key) ?? { id, unit, sum: 0, count: 0, last: 0 }
    total.sum += value
    total.count += 1
    total.last = value
    totals.set(key, total)
  }

  /** Services count; CloudWatch wants what is new since the last look. */
  function collect(): void {
    for (const { id, value, kind } of readings()) {
      const key = keyOf(id)
      const before = counted.get(key) ?? 0
      // a service that begins anew counts from nothing
      const added = kind === 'gauge' || value < before ? value : value - before
      counted.set(key, value)
      if (kind === 'gauge' || added > 0) store.record(id, added)
      add(id, added, kind === 'gauge' ? 'Gauge' : 'Count')
    }
  }

  function look(): void {
    collect()
    const nowMs = clock.nowMs()
    for (const entry of alarms.values()) {
      const { state, value } = evaluate(entry.definition, store, nowMs, entry.state)
      entry.value = value
      if (state === entry.state) continue
      const { name, description, threshold } = entry.definition
      if (state === 'ALARM') log({ level: 'warn', event: 'alarm', alarm: name, state, value, threshold, description })
      else if (entry.state === 'ALARM') log({ level: 'info', event: 'alarm', alarm: name, state, value, threshold })
      Object.assign(entry, { state, changedAtMs: nowMs })
    }
  }

  return {
    ingest({ functionName, text }) {
      const [, durationMs] = REPORT_LINE.exec(text) ?? []
      if (durationMs !== undefined) {
        const id = { namespace: 'AWS/Lambda', name: 'Duration', dimensions: { FunctionName: functionName } }
        store.record(id, Number(durationMs))
        add(id, Number(durationMs), 'Milliseconds')
        return
      }
      for (const { values, unit, ids, whole } of embeddedMetrics(text)) {
        for (const value of values) {
          for (const id of ids) store.record(id, value)
          add(whole, value, unit)
        }
      }
    },

    define(definition) {
      const { state = 'INSUFFICIENT_DATA', value, changedAtMs = clock.nowMs() } = alarms.get(definition.name) ?? {}
      const entry: AlarmEntry = { definition, state, value, changedAtMs }
      alarms.set(definition.name, entry)
      return () => {
        if (alarms.get(definition.name) === entry) alarms.delete(definition.name)
      }
    },

    alarms() {
      look()
      return [...alarms.values()].map(({ definition, ...status }) => ({ ...definition, ...status }))
    },

    prometheus() {
      collect()
      return prometheusText(totals.values())
    },
  }
}
