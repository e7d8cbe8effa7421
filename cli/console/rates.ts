import type { Series } from './wire.ts'

/** How far back the plots go. */
export const PLOT_SECONDS = 300
const RATE_SECONDS = 10

interface Second {
  atSeconds: number
  published: number
  delivered: number
  refused: number
  invocations: number
  durationsMs: number[]
}

export type Counted = 'published' | 'delivered' | 'refused'

export interface Rates {
  count(what: Counted, clientId?: string): void
  invoked(functionName: string, durationMs: number): void
  series(): Series
  /** Messages a second of one client, over the last ten seconds. */
  ofClient(what: 'published' | 'delivered', clientId: string): number
  /** Of the latest invocations of a function. */
  percentile(functionName: string, share: number): number | undefined
}

const KEPT_DURATIONS = 500

/** Counts by the second, and the durations of the latest invocations. */
export function createRates(nowMs: () => number = Date.now): Rates {
  const seconds = new Map<number, Second>()
  const byClient = new Map<string, Map<number, number>>()
  const durations = new Map<string, number[]>()

  function now(): Second {
    const atSeconds = Math.floor(nowMs() / 1_000)
    const known = seconds.get(atSeconds)
    if (known) return known
    const second = { atSeconds, published: 0, delivered: 0, refused: 0, invocations: 0, durationsMs: [] }
    seconds.set(atSeconds, second)
    for (const old of seconds.keys()) {
      if (old >= atSeconds - PLOT_SECONDS) break
      seconds.delete(old)
    }
    return second
  }

  function countOfClient(key: string, atSeconds: number): void {
    const counts = byClient.get(key) ?? new Map<number, number>()
    byClient.set(key, counts)
    counts.set(atSeconds, (counts.get(atSeconds) ?? 0) + 1)
    for (const old of counts.keys()) {
      if (old >= atSeconds - RATE_SECONDS) break
      counts.delete(old)
    }
  }

  return {
    count(what, clientId) {
      const second = now()
      second[what] += 1
      if (clientId !== undefined && what !== 'refused') countOfClient(`${what} ${clientId}`, second.atSeconds)
    },
    invoked(functionName, durationMs) {
      const second = now()
      second.invocations += 1
      second.durationsMs.push(durationMs)
      const kept = durations.get(functionName) ?? []
      kept.push(durationMs)
      if (kept.length > KEPT_DURATIONS) kept.shift()
      durations.set(functionName, kept)
    },
    series() {
      const last = Math.floor(nowMs() / 1_000)
      const all = Array.from({ length: PLOT_SECONDS }, (_, index) => last - PLOT_SECONDS + 1 + index)
      const of = (read: (second: Second) => number) =>
        all.map((at) => {
          const second = seconds.get(at)
          return second ? read(second) : 0
        })
      const latency = (share: number) =>
        all.map((at) => percentileOf(seconds.get(at)?.durationsMs ?? [], share) ?? null)
      return {
        atSeconds: all,
        published: of(({ published }) => published),
        delivered: of(({ delivered }) => delivered),
        refused: of(({ refused }) => refused),
        invocations: of(({ invocations }) => invocations),
        p50Ms: latency(0.5),
        p99Ms: latency(0.99),
      }
    },
    ofClient(what, clientId) {
      const since = Math.floor(nowMs() / 1_000) - RATE_SECONDS
      const counts = byClient.get(`${what} ${clientId}`) ?? new Map<number, number>()
      const sum = [...counts].reduce((all, [at, count]) => (at > since ? all + count : all), 0)
      return sum / RATE_SECONDS
    },
    percentile: (functionName, share) => percentileOf(durations.get(functionName) ?? [], share),
  }
}

function percentileOf(values: readonly number[], share: number): number | undefined {
  if (values.length === 0) return undefined
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]
}
