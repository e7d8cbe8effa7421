import type { Clock } from '../../state/index.ts'

/**
 * Numbers the connections of each client id, from 0. The count starts anew for one that was away for about an hour, or longer than its
 * persistent session lasts. https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html, versionNumber
 */
export type VersionNumbers = {
  next(clientId: string): number
  left(clientId: string, sessionExpiryMs: number): void
}

const SWEEP_AT = 1_024

export function createVersionNumbers(resetMs: number, clock: Clock): VersionNumbers {
  const entries = new Map<string, { version: number; validUntilMs: number }>()
  let sweepAt = SWEEP_AT

  function sweep(nowMs: number): void {
    for (const [clientId, { validUntilMs }] of entries) if (validUntilMs <= nowMs) entries.delete(clientId)
    sweepAt = Math.max(SWEEP_AT, entries.size * 2)
  }

  return {
    next(clientId) {
      const nowMs = clock.nowMs()
      const last = entries.get(clientId)
      const version = last && last.validUntilMs > nowMs ? last.version + 1 : 0
      if (!last && entries.size >= sweepAt) sweep(nowMs)
      entries.set(clientId, { version, validUntilMs: Number.POSITIVE_INFINITY })
      return version
    },
    left(clientId, sessionExpiryMs) {
      const entry = entries.get(clientId)
      if (entry) entry.validUntilMs = clock.nowMs() + Math.max(resetMs, sessionExpiryMs)
    },
  }
}
