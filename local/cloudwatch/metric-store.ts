export type Dimensions = Readonly<Record<string, string>>

/** A metric of one source, as CloudWatch tells them apart. */
export interface MetricId {
  readonly namespace: string
  readonly name: string
  readonly dimensions: Dimensions
}

/** What was recorded within a time. */
export interface Datapoint {
  readonly sum: number
  readonly count: number
  readonly minimum: number
  readonly maximum: number
  /** Of up to {@link MAX_SAMPLES} values, in order. */
  readonly samples: readonly number[]
}

export interface MetricStore {
  record(id: MetricId, value: number): void
  /** What was recorded from `fromMs` until before `untilMs`, to the minute; undefined when nothing was. */
  between(id: MetricId, fromMs: number, untilMs: number): Datapoint | undefined
}

const MINUTE_MS = 60_000
/** As long as the longest window of an alarm may be. */
const KEPT_MINUTES = 180
/** Of one metric in a minute: percentiles are taken over these. */
const MAX_SAMPLES = 1_000

interface Bucket {
  minute: number
  sum: number
  count: number
  minimum: number
  maximum: number
  samples: number[]
}

/** Metrics in memory, a bucket a minute, for as long as alarms look back. */
export function createMetricStore(nowMs: () => number): MetricStore {
  const series = new Map<string, Bucket[]>()

  return {
    record(id, value) {
      const minute = Math.floor(nowMs() / MINUTE_MS)
      const key = keyOf(id)
      const buckets = series.get(key) ?? []
      if (buckets.length === 0) series.set(key, buckets)
      let bucket = buckets.at(-1)
      if (bucket?.minute !== minute) {
        bucket = { minute, sum: 0, count: 0, minimum: value, maximum: value, samples: [] }
        buckets.push(bucket)
        if (buckets.length > KEPT_MINUTES) buckets.shift()
      }
      bucket.sum += value
      bucket.count += 1
      bucket.minimum = Math.min(bucket.minimum, value)
      bucket.maximum = Math.max(bucket.maximum, value)
      if (bucket.samples.length < MAX_SAMPLES) bucket.samples.push(value)
    },

    between(id, fromMs, untilMs) {
      const within = (series.get(keyOf(id)) ?? []).filter(
        ({ minute }) => minute * MINUTE_MS >= fromMs && minute * MINUTE_MS < untilMs,
      )
      if (within.length === 0) return undefined
      return {
        sum: within.reduce((sum, one) => sum + one.sum, 0),
        count: within.reduce((count, one) => count + one.count, 0),
        minimum: Math.min(...within.map(({ minimum }) => minimum)),
        maximum: Math.max(...within.map(({ maximum }) => maximum)),
        samples: within.flatMap(({ samples }) => samples).sort((one, other) => one - other),
      }
    },
  }
}

/** One text for a metric, whatever the order of its dimensions. */
export function keyOf({ namespace, name, dimensions }: MetricId): string {
  const sorted = Object.entries(dimensions).sort(([one], [other]) => (one < other ? -1 : 1))
  return JSON.stringify([namespace, name, sorted])
}
