import { bridgeError, KEY_LIMITS } from '#contract/index.ts'

/**
 * Keeps a secret for `KEY_LIMITS.cachedSeconds`, and not a moment longer: an issuer that signs with a key it should no longer know is worse
 * than one that answers with issuer_unavailable.
 */
export function keptSecret<Value>(
  what: string,
  read: () => Promise<Value>,
  nowMs: () => number = Date.now,
): () => Promise<Value> {
  let kept: { value: Value; readAtMs: number } | undefined
  return async () => {
    const startedAtMs = nowMs()
    if (kept && startedAtMs - kept.readAtMs < KEY_LIMITS.cachedSeconds * 1_000) return kept.value
    try {
      const value = await read()
      kept = { value, readAtMs: startedAtMs }
      return value
    } catch (cause) {
      throw bridgeError('issuer_unavailable', { what }, { cause })
    }
  }
}
