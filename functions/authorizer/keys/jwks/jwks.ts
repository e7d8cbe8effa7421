import { bridgeError, KEY_LIMITS } from '#contract/index.ts'
import type { VerificationKey } from '../verification-key.ts'

type Keys = ReadonlyMap<string, VerificationKey>

const MAX_KID_CHARACTERS = 256
const MAX_UNKNOWN = 1_000

/**
 * Keeps the keys of an identity provider. The network is used for a key id that is not known, and when the document is older than
 * `KEY_LIMITS.jwksCachedSeconds`, so that a withdrawn key goes out of use. It is used at most once in `KEY_LIMITS.jwksPauseSeconds`, and for one unknown id once in
 * `KEY_LIMITS.jwksUnknownSeconds`. A read brings all keys, so made-up ids can at most make it earlier: a real new key is known one pause after
 * the provider shows it. While the provider does not answer, its keys are taken for `KEY_LIMITS.staleSeconds`
 * more. Throws authorizer_unavailable when there is no such document.
 */
export function createJwks(
  load: () => Promise<Keys>,
  nowMs: () => number = Date.now,
): (kid: string) => Promise<VerificationKey | undefined> {
  let keys: Keys | undefined
  let loadedAtMs = Number.NEGATIVE_INFINITY
  let triedAtMs = Number.NEGATIVE_INFINITY
  let loading: Promise<void> | undefined
  /** Unknown ids and when they were asked for, the oldest first. */
  const unknown = new Map<string, number>()

  function reload(): Promise<void> {
    const startedAtMs = nowMs()
    triedAtMs = startedAtMs
    return load()
      .then(
        (loaded) => {
          keys = loaded
          loadedAtMs = startedAtMs
        },
        // the keys from before stay in use; what is asked for now is not among them
        () => undefined,
      )
      .finally(() => {
        loading = undefined
      })
  }

  function isNews(kid: string): boolean {
    const askedAtMs = unknown.get(kid)
    return askedAtMs === undefined || nowMs() - askedAtMs >= KEY_LIMITS.jwksUnknownSeconds * 1_000
  }

  function remember(kid: string): void {
    unknown.delete(kid)
    const [oldest] = unknown.keys()
    if (unknown.size >= MAX_UNKNOWN && oldest !== undefined) unknown.delete(oldest)
    unknown.set(kid, nowMs())
  }

  return async (kid) => {
    if (kid.length > MAX_KID_CHARACTERS) return undefined
    const isOld = nowMs() - loadedAtMs >= KEY_LIMITS.jwksCachedSeconds * 1_000
    const isWanted = isOld || (!keys?.has(kid) && isNews(kid))
    const mayRead = nowMs() - triedAtMs >= KEY_LIMITS.jwksPauseSeconds * 1_000
    if (isWanted && (loading || mayRead)) {
      loading ??= reload()
      await loading
      if (keys && !keys.has(kid)) remember(kid)
    }
    const endsAtMs = loadedAtMs + (KEY_LIMITS.jwksCachedSeconds + KEY_LIMITS.staleSeconds) * 1_000
    if (!keys || nowMs() >= endsAtMs)
      throw bridgeError('authorizer_unavailable', { what: 'the keys of the identity provider' })
    return keys.get(kid)
  }
}
