import type { RenewalOptions } from '../api/options.ts'

export const RENEWAL_DEFAULTS: Readonly<RenewalOptions> = { latestBeforeExpirySeconds: 30, spread: 0.4 }

/** Of a short-lived token: it is used for half of its life at least, however long before its end it should be renewed. */
const LEAST_USED_SHARE = 0.5
/** Where no room is left for the spread, it gets this share of the time that is. */
const LEAST_SPREAD_SHARE = 0.2

/**
 * How long after its issue a token is renewed, in milliseconds: spread over the last share of its life, so that a fleet that started together does
 * not reconnect together, and early enough before its end. `random` is from 0 to below 1.
 */
export function renewalDelayMs(lifetimeMs: number, options: RenewalOptions, random: number): number {
  const latestMs = Math.max(lifetimeMs - options.latestBeforeExpirySeconds * 1_000, lifetimeMs * LEAST_USED_SHARE)
  const earliestMs = Math.min(lifetimeMs * (1 - options.spread), latestMs * (1 - LEAST_SPREAD_SHARE))
  return earliestMs + (latestMs - earliestMs) * random
}
