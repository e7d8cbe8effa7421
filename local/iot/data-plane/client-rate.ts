import type { Clock } from '../../state/index.ts'

const PERIOD_MS = 1_000

/** Calls of an operation for one client id. */
export interface ClientRate {
  /** False when the last one taken was less than a second ago. */
  take(operation: string, clientId: string): boolean
}

/**
 * One call a second for each client id and operation: the quotas "DeleteConnection requests per second per client ID" and
 * "GetConnection requests per second per client ID". https://docs.aws.amazon.com/general/latest/gr/iot-core.html
 */
export function createClientRate(clock: Pick<Clock, 'nowMs'>): ClientRate {
  /** In the order of the calls. */
  const lastCalls = new Map<string, number>()

  return {
    take(operation, clientId) {
      const nowMs = clock.nowMs()
      for (const [key, atMs] of lastCalls) {
        if (nowMs - atMs < PERIOD_MS) break
        lastCalls.delete(key)
      }
      const key = `${operation} ${clientId}`
      if (lastCalls.has(key)) return false
      lastCalls.set(key, nowMs)
      return true
    },
  }
}
