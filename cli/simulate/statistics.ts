import { build } from 'hdr-histogram-js'

/** What became of the requests of a run. Every request is in exactly one of the counts but `sent`. */
export interface Statistics {
  readonly sent: number
  /** In time, with a result. */
  readonly answered: number
  /** With an error, by its code. */
  readonly refused: Readonly<Record<string, number>>
  /** After the timeout, but answered. */
  readonly late: number
  /** Never answered, and not known to be refused. */
  readonly lost: number
  /** Under way. Nothing at the end of a run. */
  readonly open: number
  /** Of the answered ones, to three digits; undefined when there are none. */
  readonly p50Ms: number | undefined
  readonly p99Ms: number | undefined
  readonly maxMs: number | undefined
}

export interface Recorder {
  sent(): void
  answered(durationMs: number): void
  refused(code: string): void
  /** Nothing came in time; it may still come late. */
  timedOut(): void
  /** An answer to a request that had timed out. */
  late(): void
  read(): Statistics
}

/** A run may last for hours: durations are kept as a histogram, of constant size. */
export function createRecorder(): Recorder {
  const durationsUs = build({ highestTrackableValue: 2, autoResize: true, numberOfSignificantValueDigits: 3 })
  const refused = new Map<string, number>()
  let [sent, answered, timedOut, late] = [0, 0, 0, 0]
  return {
    sent() {
      sent += 1
    },
    answered(durationMs) {
      answered += 1
      durationsUs.recordValue(Math.round(durationMs * 1_000))
    },
    refused: (code) => void refused.set(code, (refused.get(code) ?? 0) + 1),
    timedOut() {
      timedOut += 1
    },
    late() {
      late += 1
    },
    read() {
      const maxUs = durationsUs.maxValue
      // a bucket is named by its upper end, which may be beyond the largest value
      const at = (percent: number) => Math.min(durationsUs.getValueAtPercentile(percent), maxUs) / 1_000
      const refusals = [...refused.values()].reduce((sum, count) => sum + count, 0)
      return {
        sent,
        answered,
        refused: Object.fromEntries([...refused].sort()),
        late,
        lost: Math.max(0, timedOut - late),
        open: sent - answered - refusals - timedOut,
        ...(answered === 0
          ? { p50Ms: undefined, p99Ms: undefined, maxMs: undefined }
          : { p50Ms: at(50), p99Ms: at(99), maxMs: maxUs / 1_000 }),
      }
    },
  }
}
