import { type BridgeError, ERRORS } from '#contract/index.ts'

/**
 * What a log line says of an error. What the sender did wrong is told the sender in words of its message, which no log gets: the text of the
 * table and the numbers do.
 */
export function loggable(error: BridgeError): { reason: string; details?: Record<string, unknown> } {
  const { fault, message } = ERRORS[error.code]
  if (fault === 'system') return { reason: error.message }
  const numbers = Object.entries(error.details).filter(([, value]) => typeof value === 'number')
  return { reason: message, details: Object.fromEntries(numbers) }
}
