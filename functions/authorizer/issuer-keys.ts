import { bridgeError, type IssuerKey } from '#contract/index.ts'

/** Where the versions of the issuer secret come from. */
export type LoadIssuerKeys = () => Promise<IssuerKey[]>

export interface IssuerKeys {
  /**
   * The key a token names, or the signing key when it names none. Throws token_key_unknown, and authorizer_unavailable when the
   * secret cannot be read and nothing is cached.
   */
  find(kid: string | undefined): Promise<IssuerKey>
}

/**
 * Keeps the keys for `cachedMs`. A key id that is not among them causes one new read, and not another within `refetchPauseMs`, failed
 * ones counted too: neither made-up ids nor a secret out of reach make the function read in a loop. Device keys get their place here, as another source beside the issuer's.
 */
export function createIssuerKeys(
  load: LoadIssuerKeys,
  options: { cachedMs?: number; refetchPauseMs?: number; nowMs?: () => number } = {},
): IssuerKeys {
  const { cachedMs = 5 * 60_000, refetchPauseMs = 10_000, nowMs = Date.now } = options
  let keys: IssuerKey[] = []
  let loadedAtMs = Number.NEGATIVE_INFINITY
  let triedAtMs = Number.NEGATIVE_INFINITY
  let loading: Promise<void> | undefined

  function reload(): Promise<void> {
    if (!loading) triedAtMs = nowMs()
    loading ??= load()
      .then((loaded) => {
        keys = loaded
        loadedAtMs = nowMs()
      })
      .catch((cause: unknown) => {
        // keys that worked a moment ago still do; without any, nobody can be let in
        if (keys.length === 0) throw bridgeError('authorizer_unavailable', { what: 'the issuer secret' }, { cause })
      })
      .finally(() => {
        loading = undefined
      })
    return loading
  }

  return {
    async find(kid) {
      const mayRead = () => loading !== undefined || keys.length === 0 || nowMs() - triedAtMs >= refetchPauseMs
      if (nowMs() - loadedAtMs >= cachedMs && mayRead()) await reload()
      const known = () => (kid === undefined ? keys[0] : keys.find((key) => key.kid === kid))
      if (!known() && mayRead()) await reload()
      const key = known()
      if (!key) throw bridgeError('token_key_unknown')
      return key
    },
  }
}
