/** How long operations wait, in milliseconds; Infinity waits for ever. */
export interface Timeouts {
  connectMs: number
  subscribeMs: number
  publishMs: number
  unsubscribeMs: number
  /** From a ping until the connection counts as lost. */
  pingMs: number
  /** For the reply to a request. */
  requestMs: number
  /** From the last message underway to the end of `close`. */
  closeMs: number
}

export type TimeoutsPreset = 'local' | 'internet' | 'satellite'

export const TIMEOUTS: Readonly<Record<TimeoutsPreset, Timeouts>> = {
  local: preset(5_000, 3_000, 2_000, 5_000),
  internet: preset(30_000, 10_000, 5_000, 30_000),
  satellite: preset(120_000, 60_000, 30_000, 120_000),
}

function preset(connectMs: number, operationMs: number, pingMs: number, requestMs: number): Timeouts {
  return {
    connectMs,
    subscribeMs: operationMs,
    publishMs: operationMs,
    unsubscribeMs: operationMs,
    pingMs,
    requestMs,
    closeMs: operationMs,
  }
}

/** A preset by name, or single values over `internet`. */
export function resolveTimeouts(chosen: TimeoutsPreset | Partial<Timeouts> = 'internet'): Timeouts {
  return typeof chosen === 'string' ? TIMEOUTS[chosen] : { ...TIMEOUTS.internet, ...chosen }
}
