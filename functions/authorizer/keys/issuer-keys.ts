import { type IssuerKey, signingKey, verificationKeys } from '#contract/index.ts'
import { createKept } from './kept.ts'
import { sharedKey, type VerificationKey } from './verification-key.ts'

/**
 * Reads the versions of the issuer secret that are in use, the current one first. One that a rotation is still at work on is not among them:
 * it becomes current a cache lifetime before it signs, or never (functions/rotator).
 */
export type LoadIssuerKeys = () => Promise<IssuerKey[]>

export interface IssuerKeys {
  /**
   * The key a token names, or the signing key when it names none; undefined when it is not in use. Throws authorizer_unavailable when
   * the secret cannot be read, see {@link createKept}.
   */
  find(kid: string | undefined): Promise<VerificationKey | undefined>
}

/**
 * Reads the secret every `KEY_LIMITS.cachedSeconds` and at no other time. A new key signs only after that (functions/rotator), so a key id
 * that is not known is nobody's, and neither a flood of made-up ids nor its absence changes when the next read is.
 */
export function createIssuerKeys(
  load: LoadIssuerKeys,
  options: { graceSeconds: number; cachedMs?: number; refetchPauseMs?: number; nowMs?: () => number },
): IssuerKeys {
  const { graceSeconds, cachedMs, refetchPauseMs, nowMs = Date.now } = options
  const read = createKept(
    async () => {
      const inUse = await load()
      return { inUse, prepared: new Map(inUse.map((key) => [key, sharedKey('issuer', key.secret)])) }
    },
    {
      what: 'the issuer secret',
      nowMs,
      ...(cachedMs !== undefined && { keptMs: cachedMs }),
      ...(refetchPauseMs !== undefined && { pauseMs: refetchPauseMs }),
    },
  )

  return {
    async find(kid) {
      const { inUse, prepared } = await read()
      const nowSeconds = nowMs() / 1_000
      const key =
        kid === undefined
          ? signingKey(inUse, nowSeconds)
          : verificationKeys(inUse, nowSeconds, graceSeconds).find((one) => one.kid === kid)
      return key && prepared.get(key)
    },
  }
}
