import { type BrokerLimits, NO_RATE_LIMITS } from '../broker/index.ts'

export const RATE_LIMIT_MODES = ['service', 'local', 'off'] as const

/**
 * Which rates of the message broker are limited. `service`: all, as on AWS. `local`: all but that a client id connects once a second,
 * which every program that is started twice in a row would meet. `off`: none, for measurements.
 */
export type RateLimitMode = (typeof RATE_LIMIT_MODES)[number]

export function rateLimits(mode: RateLimitMode): Partial<BrokerLimits> {
  if (mode === 'off') return NO_RATE_LIMITS
  if (mode === 'service') return {}
  return { maxConnectsPerSecondPerClientId: NO_RATE_LIMITS.maxConnectsPerSecondPerClientId }
}
