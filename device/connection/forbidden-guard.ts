import { type DeviceError, deviceError } from '../errors/index.ts'
import type { LinkEnding } from './ending.ts'

/**
 * Tells whether a client is thrown out for the same action again. An MQTT 5 broker says that an action was forbidden. One of MQTT 3.1.1 just
 * closes the connection, as it does for other reasons: there the same action must have been unanswered more often.
 */
export interface ForbiddenGuard {
  /** Undefined: try again. Else the error to stop with, and the actions behind it. */
  judge(
    reason: DeviceError,
    ending: LinkEnding,
    unanswered: readonly string[],
  ): { error: DeviceError; actions: readonly string[] } | undefined
  forget(): void
}

const TIMES_WHEN_TOLD = 2
const TIMES_WHEN_GUESSED = 3

export function createForbiddenGuard(protocolVersion: 4 | 5): ForbiddenGuard {
  let counts = new Map<string, number>()
  return {
    judge(reason, ending, unanswered) {
      const isTold = reason.code === 'forbidden'
      const isGuessed = protocolVersion === 4 && ending.kind === 'closed' && reason.code === 'network_down'
      if (!isTold && !isGuessed) return undefined
      counts = new Map(unanswered.map((action) => [action, (counts.get(action) ?? 0) + 1]))
      const limit = isTold ? TIMES_WHEN_TOLD : TIMES_WHEN_GUESSED
      const actions = unanswered.filter((action) => (counts.get(action) ?? 0) >= limit)
      if (actions.length === 0) return undefined
      counts.clear()
      return { error: deviceError('forbidden', { ...reason.details, action: actions.join(', ') }), actions }
    },
    forget: () => counts.clear(),
  }
}
