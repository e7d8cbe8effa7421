import type { Clock } from '../../state/index.ts'

/**
 * Waits before an action is tried again. AWS speaks of "multiple attempts" and gives no number.
 * https://docs.aws.amazon.com/iot/latest/developerguide/iot-rule-actions.html
 */
export const ACTION_RETRY_DELAYS_MS = [250, 1_000, 4_000] as const

/** Codes of targets that are only busy. Whatever else is wrong will be wrong again. */
const BUSY = new Set([
  'InternalServerError',
  'ProvisionedThroughputExceededException',
  'publish_throttled',
  'RequestLimitExceeded',
  'ServiceException',
  'ServiceUnavailable',
  'ThrottlingException',
  'TooManyRequestsException',
])

/** Tries again what fails because its target is busy; rejects with the last error. */
export async function withRetries(
  attempt: () => Promise<void>,
  clock: Clock,
  onRetry: (delayMs: number, error: unknown) => void,
): Promise<void> {
  for (const delayMs of ACTION_RETRY_DELAYS_MS) {
    try {
      return await attempt()
    } catch (error) {
      if (!isBusy(error)) throw error
      onRetry(delayMs, error)
      await new Promise<void>((resolve) => {
        clock.after(delayMs, resolve)
      })
    }
  }
  await attempt()
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && BUSY.has(error.code)
}
