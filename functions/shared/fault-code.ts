import { isBridgeError } from '#contract/index.ts'

/** The dimension by which a fault is counted, if it has a code. */
export function faultCode(error: unknown): { code?: string } {
  return isBridgeError(error) ? { code: error.code } : {}
}
