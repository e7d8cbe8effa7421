import { setTimeout as sleep } from 'node:timers/promises'

/** Time as a run sees it. */
export interface LoadClock {
  /** Milliseconds since some point, never set back. */
  nowMs(): number
  /** Resolves after the time, or at once when the signal is aborted. */
  pause(delayMs: number, signal?: AbortSignal): Promise<void>
}

export const SYSTEM_CLOCK: LoadClock = {
  nowMs: () => performance.now(),
  pause: (delayMs, signal) => sleep(delayMs, undefined, { signal }).catch(() => {}),
}

export interface Pace {
  /** Requests a second, of each device. */
  rate: number
  durationMs: number
}

/**
 * Has `send` called for each of `count` devices at an even pace, whether it has ended before or not, and spread over the interval. Resolves when
 * all that was sent has ended; `signal` ends the sending early. Rejects with what a `send` rejects with, and sends nothing more then.
 */
export async function keepPace(
  count: number,
  { rate, durationMs }: Pace,
  send: (index: number) => Promise<void>,
  signal: AbortSignal,
  clock: LoadClock,
): Promise<void> {
  const intervalMs = 1_000 / rate
  const open = new Set<Promise<void>>()
  const failed = new AbortController()
  const ended = AbortSignal.any([signal, failed.signal])
  const begin = (index: number) => {
    const sent = send(index)
      .catch((error: unknown) => failed.abort(error))
      .finally(() => open.delete(sent))
    open.add(sent)
  }
  const startedAtMs = clock.nowMs()
  const lane = async (index: number) => {
    const offsetMs = (intervalMs * index) / count
    for (let times = 0; !ended.aborted; times++) {
      const dueMs = offsetMs + times * intervalMs
      if (dueMs >= durationMs) return
      const waitMs = startedAtMs + dueMs - clock.nowMs()
      if (waitMs > 0) await clock.pause(waitMs, ended)
      if (!ended.aborted) begin(index)
    }
  }
  await Promise.all(Array.from({ length: count }, (_, index) => lane(index)))
  await Promise.all(open)
  failed.signal.throwIfAborted()
}
