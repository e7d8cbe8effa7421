import type { Clock } from '../timing/clock.ts'

export interface KeepAlive {
  /** Any packet went out. */
  sent(): void
  /** Any packet came in. */
  received(): void
  stop(): void
}

export interface KeepAliveOptions {
  clock: Clock
  /** 0: never pings. */
  keepAliveMs: number
  /** A ping is answered within this, or the connection is lost. */
  pingTimeoutMs: number
  ping(): void
  onSilence(): void
}

/**
 * Who sends only QoS 0 hears nothing of a broker that is gone: after this many keep-alives without a packet from it, it is pinged though
 * the connection is busy.
 */
const SILENT_KEEP_ALIVES = 2

/** Pings a broker to which nothing was sent for a while, and gives up on one that does not answer. Any packet counts. OASIS MQTT 5.0, 3.1.2.10 */
export function createKeepAlive({ clock, keepAliveMs, pingTimeoutMs, ping, onSilence }: KeepAliveOptions): KeepAlive {
  let sentAtMs = clock.monotonicMs()
  let receivedAtMs = sentAtMs
  let pingedAtMs: number | undefined
  let cancel = () => {}

  function check(): void {
    const nowMs = clock.monotonicMs()
    if (pingedAtMs !== undefined) {
      const waitMs = pingedAtMs + pingTimeoutMs - nowMs
      if (waitMs > 0) schedule(waitMs)
      else onSilence()
      return
    }
    const dueMs = Math.min(sentAtMs + keepAliveMs, receivedAtMs + keepAliveMs * SILENT_KEEP_ALIVES) - nowMs
    if (dueMs > 0) {
      schedule(dueMs)
      return
    }
    ping()
    pingedAtMs = nowMs
    schedule(pingTimeoutMs)
  }

  function schedule(delayMs: number): void {
    cancel = clock.after(delayMs, check)
  }

  if (keepAliveMs > 0) schedule(keepAliveMs)
  return {
    sent() {
      sentAtMs = clock.monotonicMs()
    },
    received() {
      receivedAtMs = clock.monotonicMs()
      pingedAtMs = undefined
    },
    stop: () => cancel(),
  }
}
