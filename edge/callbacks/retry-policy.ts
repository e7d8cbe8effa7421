import type { Delivery } from '../store/delivery-table.ts'
import type { CallbackOutcome } from './send-callback.ts'

/** What becomes of a delivery after a failed attempt. */
export type RetryDecision = { readonly kind: 'again'; readonly delayMs: number } | { readonly kind: 'dead' }

export interface RetryOptions {
  /** Answered failures until a message is given up. */
  attempts: number
  /** Unanswered failures are repeated for this long: a receiver that is down comes back with everything waiting for it. */
  giveUpSeconds: number
  nowMs: () => number
  random: () => number
}

const BASE_DELAY_MS = 250
const MAX_DELAY_MS = 30_000
const JITTER = 0.2

/** Changes the counts of the delivery, and says what is next. */
export function decideRetry(
  delivery: Delivery,
  outcome: Exclude<CallbackOutcome, { kind: 'delivered' }>,
  { attempts, giveUpSeconds, nowMs, random }: RetryOptions,
): RetryDecision {
  delivery.attempts += 1
  if (outcome.kind === 'refused') {
    delivery.refusals += 1
    delivery.failingSinceMs = undefined
    if (outcome.final || delivery.refusals >= attempts) return { kind: 'dead' }
  } else {
    delivery.failingSinceMs ??= nowMs()
    if (nowMs() - delivery.failingSinceMs >= giveUpSeconds * 1_000) return { kind: 'dead' }
  }
  const delayMs = Math.min(BASE_DELAY_MS * 2 ** Math.min(delivery.attempts - 1, 10), MAX_DELAY_MS)
  return { kind: 'again', delayMs: delayMs * (1 + JITTER * (2 * random() - 1)) }
}
