import { bridgeError, KEY_LIMITS } from '#contract/index.ts'

export interface KeptOptions {
  /** For the error: `the issuer secret`. */
  what: string
  /** @default KEY_LIMITS.cachedSeconds */
  keptMs?: number
  /** @default KEY_LIMITS.refetchPauseSeconds */
  pauseMs?: number
  /** @default KEY_LIMITS.staleSeconds */
  staleMs?: number
  nowMs?: (() => number) | undefined
}

/**
 * Reads a value by schedule and never because of what somebody sent: when it is older than `keptMs`, the next asker reads it again, and
 * askers at the same time share that read. A read that fails is not repeated within `pauseMs` and leaves the old value in use, for `staleMs` at most:
 * a key that was withdrawn meanwhile must not live for ever. Throws authorizer_unavailable while there is no value.
 */
export function createKept<Value>(load: () => Promise<Value>, options: KeptOptions): () => Promise<Value> {
  const { what, nowMs = Date.now } = options
  const { keptMs = KEY_LIMITS.cachedSeconds * 1_000, pauseMs = KEY_LIMITS.refetchPauseSeconds * 1_000 } = options
  const { staleMs = KEY_LIMITS.staleSeconds * 1_000 } = options
  let kept: { value: Value; loadedAtMs: number } | undefined
  let triedAtMs = Number.NEGATIVE_INFINITY
  let loading: Promise<void> | undefined

  const isUsable = () => kept !== undefined && nowMs() - kept.loadedAtMs < keptMs + staleMs

  function reload(): Promise<void> {
    const startedAtMs = nowMs()
    triedAtMs = startedAtMs
    return load()
      .then(
        (value) => {
          // as of when it was asked for: what changed while the answer was on its way may be missing in it
          kept = { value, loadedAtMs: startedAtMs }
        },
        (cause: unknown) => {
          // what worked a moment ago still does; without any, nobody can be let in
          if (!isUsable()) throw bridgeError('authorizer_unavailable', { what }, { cause })
        },
      )
      .finally(() => {
        loading = undefined
      })
  }

  return async () => {
    const isOld = !kept || nowMs() - kept.loadedAtMs >= keptMs
    const mayRead = !kept || nowMs() - triedAtMs >= pauseMs
    if (loading || (isOld && mayRead)) {
      loading ??= reload()
      await loading
    }
    if (!kept || !isUsable()) throw bridgeError('authorizer_unavailable', { what })
    return kept.value
  }
}
