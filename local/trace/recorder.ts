import type { Hop, HopOutcome, Trace } from './hop.ts'

/** What a runtime remembers: the oldest traces go first. */
export const TRACE_LIMITS = { traces: 2_000, hopsPerTrace: 300 } as const

export interface TraceRecorder {
  record(hop: Hop): void
  /** What is recorded for `traceId` belongs to another trace, which a sender named within its payload. */
  link(traceId: string, belongsTo: string): void
  find(traceId: string): Trace | undefined
  /** The newest first, by their last step. At most `limit`, 100 unless given. */
  list(options?: { clientId?: string | undefined; limit?: number | undefined }): Trace[]
  /** Calls back for each step as it is recorded, until the returned function is called. */
  listen(listener: (hop: Hop) => void): () => void
}

interface Kept {
  hops: Hop[]
  dropped: number
}

const BAD: readonly HopOutcome[] = ['failed', 'refused', 'begun']

/** Keeps the steps of the latest messages in memory. */
export function createTraceRecorder(limits: { traces: number; hopsPerTrace: number } = TRACE_LIMITS): TraceRecorder {
  // a map keeps its order: a trace that goes on is put at the end again
  const kept = new Map<string, Kept>()
  const links = new Map<string, string>()
  const listeners = new Set<(hop: Hop) => void>()

  function keep(hop: Hop): void {
    const trace = kept.get(hop.traceId) ?? { hops: [], dropped: 0 }
    kept.delete(hop.traceId)
    kept.set(hop.traceId, trace)
    if (trace.hops.length < limits.hopsPerTrace) trace.hops.push(hop)
    else trace.dropped += 1
    if (kept.size <= limits.traces) return
    dropOldest(kept)
  }

  return {
    record(given) {
      const traceId = links.get(given.traceId)
      const hop = traceId === undefined ? given : { ...given, traceId }
      keep(hop)
      for (const listener of listeners) listener(hop)
    },
    link(traceId, belongsTo) {
      links.set(traceId, belongsTo)
      if (links.size > limits.traces) dropOldest(links)
    },
    find(asked) {
      const traceId = links.get(asked) ?? asked
      const trace = kept.get(traceId)
      return trace && asTrace(traceId, trace)
    },
    list({ clientId, limit = 100 } = {}) {
      const found: Trace[] = []
      for (const [traceId, trace] of [...kept].reverse()) {
        if (found.length >= limit) break
        if (clientId !== undefined && !trace.hops.some((hop) => hop.clientId === clientId)) continue
        found.push(asTrace(traceId, trace))
      }
      return found
    },
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function dropOldest(map: Map<string, unknown>): void {
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}

function asTrace(traceId: string, { hops, dropped }: Kept): Trace {
  // a step is recorded when it ends, so one within it comes first
  const byTime = [...hops].sort((a, b) => a.atMs - b.atMs)
  // who calls a service may well go on without its answer
  const outcomes = new Set(hops.flatMap(({ kind, outcome }) => (kind === 'call' ? [] : outcome)))
  return {
    traceId,
    startedAtMs: byTime[0]?.atMs ?? 0,
    endedAtMs: Math.max(...hops.map(({ atMs, durationMs = 0 }) => atMs + durationMs)),
    clientIds: [...new Set(byTime.flatMap(({ clientId }) => clientId ?? []))],
    topic: byTime.find(({ kind }) => kind === 'publish')?.topic,
    outcome: BAD.find((outcome) => outcomes.has(outcome)) ?? 'ok',
    hops: byTime,
    dropped,
  }
}
