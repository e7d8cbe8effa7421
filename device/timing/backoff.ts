import type { ReconnectOptions } from '../api/options.ts'

export const RECONNECT_DEFAULTS: Readonly<ReconnectOptions> = {
  baseDelayMs: 1_000,
  factor: 2,
  maxDelayMs: 60_000,
  jitter: 0.2,
  breakerFailures: 10,
  stableAfterMs: 5_000,
  minIntervalMs: 1_000,
}

/**
 * The pause after the `failures`th failure in a row. After the first there is none: most connections come back at once. `random` is from 0 to
 * below 1.
 */
export function backoffDelayMs(failures: number, options: ReconnectOptions, random: number): number {
  if (failures <= 1) return 0
  const { baseDelayMs, factor, maxDelayMs, jitter } = options
  const delayMs = Math.min(baseDelayMs * factor ** (failures - 2), maxDelayMs)
  return delayMs * (1 - jitter + 2 * jitter * random)
}
