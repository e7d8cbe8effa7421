import type { Clock } from '../timing/clock.ts'

/**
 * Messages of a kept session that arrive before their handlers do: a process that starts again gets them right behind the CONNACK. They wait
 * unacknowledged for a while.
 */
export interface Unclaimed {
  /** False when nothing is waited for any more. */
  keep(message: { topic: string; again(): void }): boolean
  /** The first connection is there: what came with it waits until the time is over, or no longer when nothing was kept for us. */
  connected(sessionPresent: boolean): void
  /** There is a new handler: `isClaimed` tells which topics it takes. */
  claim(isClaimed: (topic: string) => boolean): void
  close(): void
}

export function createUnclaimed(clock: Clock, waitMs: number): Unclaimed {
  let kept: { topic: string; again(): void }[] = []
  // what a session holds comes with the CONNACK, before anything else is known
  let isOpen = waitMs > 0
  let cancel = () => {}

  function end(): void {
    isOpen = false
    const messages = kept
    kept = []
    for (const { again } of messages) again()
  }

  return {
    keep(message) {
      if (isOpen) kept.push(message)
      return isOpen
    },
    connected(sessionPresent) {
      if (sessionPresent && isOpen) cancel = clock.after(waitMs, end)
      else end()
    },
    claim(isClaimed) {
      const claimed = kept.filter(({ topic }) => isClaimed(topic))
      kept = kept.filter((message) => !claimed.includes(message))
      for (const { again } of claimed) again()
    },
    close() {
      cancel()
      isOpen = false
      kept = []
    },
  }
}
