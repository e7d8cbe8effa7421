import type { Clock } from '../../state/index.ts'
import type { BrokerChoices } from '../choices.ts'
import type { BrokerLimits } from '../limits.ts'
import { createRateLimiter, type RateLimiter } from './rate-limiter.ts'

/** The publish rates of one connection. */
export type ClientRates = { readonly inbound: RateLimiter; readonly outbound: RateLimiter }

export function createClientRates(limits: BrokerLimits, choices: BrokerChoices, clock: Clock): ClientRates {
  const inbound = createRateLimiter(limits.maxPublishesPerSecond, clock)
  if (choices.publishRateCounts === 'together') return { inbound, outbound: inbound }
  return { inbound, outbound: createRateLimiter(limits.maxPublishesPerSecond, clock) }
}
