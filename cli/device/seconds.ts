import { setTimeout as delay } from 'node:timers/promises'

/**
 * From when tokens are taken, so that none that is there now is: they count in whole seconds, and one of this second is as old as a theft
 * may be. Epoch seconds.
 */
export function nextSecond(): number {
  return Math.floor(Date.now() / 1_000) + 1
}

/** Waits until tokens of this time can be made. */
export async function untilSecond(epochSeconds: number): Promise<void> {
  await delay(Math.max(0, epochSeconds * 1_000 - Date.now()))
}
