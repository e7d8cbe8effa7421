import type { Stage, Throttle } from './apis.ts'

/** What an account has unless a stage says less. https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html */
const ACCOUNT: Throttle = { rateLimit: 10_000, burstLimit: 5_000 }

export interface Throttling {
  /** Takes one request of a route; false: it is over the limit. */
  admit(apiId: string, stage: Stage, routeKey: string): boolean
}

/** One token bucket for each route of a stage: as many tokens as the burst, filled at the rate. */
export function createThrottling(nowMs: () => number): Throttling {
  const buckets = new Map<string, { tokens: number; atMs: number }>()
  return {
    admit(apiId, stage, routeKey) {
      const { rateLimit, burstLimit } = stage.routeThrottles[routeKey] ?? stage.defaultThrottle ?? ACCOUNT
      const name = `${apiId}/${stage.name}/${routeKey}`
      const atMs = nowMs()
      const before = buckets.get(name) ?? { tokens: burstLimit, atMs }
      const filled = Math.min(burstLimit, before.tokens + ((atMs - before.atMs) / 1_000) * rateLimit)
      const isAdmitted = filled >= 1
      buckets.set(name, { tokens: isAdmitted ? filled - 1 : filled, atMs })
      return isAdmitted
    },
  }
}
