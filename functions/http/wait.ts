import { HTTP_WAIT } from '#contract/index.ts'
import { type DeviceRequestRecord, type DeviceRequests, expiredOutcome } from '#correlation/index.ts'

export interface WaitDependencies {
  requests: DeviceRequests
  nowMs: () => number
  /** Resolves after that time. */
  pause: (ms: number) => Promise<void>
}

/**
 * Reads the record in growing pauses until it has an outcome, its deadline passes, or the time is up. The last read sees what was written a
 * moment ago. Reads at most `HTTP_WAIT.reads` times.
 */
export async function waitForOutcome(
  key: string,
  untilMs: number,
  dependencies: WaitDependencies,
): Promise<DeviceRequestRecord | undefined> {
  const { requests, nowMs, pause } = dependencies
  let pauseMs: number = HTTP_WAIT.firstPauseMs
  for (;;) {
    const leftMs = untilMs - nowMs()
    if (leftMs <= pauseMs) {
      if (leftMs > 0) await pause(leftMs)
      return current(key, dependencies)
    }
    await pause(pauseMs)
    pauseMs = Math.min(pauseMs * HTTP_WAIT.pauseGrowth, HTTP_WAIT.longestPauseMs)
    const record = await requests.find(key)
    // a read that may be behind shows no record, or one that is still pending
    if (record && record.state !== 'pending') return record
    if (record && record.deadline_ms <= nowMs()) return current(key, dependencies)
  }
}

/**
 * The record as it stands. One whose deadline has passed is ended before anybody is told so: an answer that comes later by the clock of another
 * can then change nothing.
 */
export async function current(
  key: string,
  { requests, nowMs }: WaitDependencies,
): Promise<DeviceRequestRecord | undefined> {
  const record = await requests.find(key, { consistent: true })
  if (record?.state !== 'pending' || record.deadline_ms > nowMs()) return record
  return (await requests.expire(key, expiredOutcome())) ?? record
}
