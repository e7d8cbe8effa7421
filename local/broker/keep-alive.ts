import type { Clock } from '../state/index.ts'
import type { BrokerLimits } from './limits.ts'

/** Watches for a client that has gone silent. */
export type KeepAlive = {
  /** A control packet arrived: the silence starts anew. */
  heard(): void
  close(): void
}

/**
 * The keep-alive the broker grants: within its bounds, the longest for a client that asks for none (0).
 * https://docs.aws.amazon.com/general/latest/gr/iot-core.html, keep-alive interval.
 */
export function grantKeepAliveSeconds(askedSeconds: number, limits: BrokerLimits): number {
  const { minKeepAliveSeconds, maxKeepAliveSeconds } = limits
  if (askedSeconds === 0) return maxKeepAliveSeconds
  return Math.min(Math.max(askedSeconds, minKeepAliveSeconds), maxKeepAliveSeconds)
}

/** Calls `onSilence` once, when nothing was heard for `silenceMs`. */
export function createKeepAlive(options: { silenceMs: number; clock: Clock; onSilence: () => void }): KeepAlive {
  const { silenceMs, clock, onSilence } = options
  let lastHeardMs = clock.nowMs()
  let cancelCheck = clock.after(silenceMs, check)

  // The timer is not restarted by each packet; it looks at the time of the last one when it fires.
  function check(): void {
    const remainingMs = lastHeardMs + silenceMs - clock.nowMs()
    if (remainingMs <= 0) onSilence()
    else cancelCheck = clock.after(remainingMs, check)
  }

  return {
    heard() {
      lastHeardMs = clock.nowMs()
    },
    close: () => cancelCheck(),
  }
}
