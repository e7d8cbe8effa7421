import type { RenewalOptions, TokenReason, TokenSource } from '../api/options.ts'
import { type DeviceError, deviceError, isDeviceError } from '../errors/index.ts'
import type { Clock } from '../timing/clock.ts'
import { renewalDelayMs } from './renewal-schedule.ts'
import { readTokenTimes, tokenAgeMs } from './token-times.ts'

/** A token in use. Times are of the clock that never jumps; undefined for a token that does not tell. */
export interface Token {
  readonly text: string
  readonly renewAtMs: number | undefined
  readonly expiresAtMs: number | undefined
  /** By the time of day, which may be wrong, it was over when it was handed over. */
  readonly looksExpired: boolean
}

export interface Tokens {
  /** False: there is none, or always the same. */
  readonly canRenew: boolean
  /** Undefined: the connection has no token. Rejects with token_unavailable. */
  get(reason: TokenReason, signal: AbortSignal): Promise<Token | undefined>
  isExpired(token: Token | undefined): boolean
  /** Why a broker may have refused it. */
  mayBeExpired(token: Token | undefined): boolean
}

export function createTokens(
  source: string | TokenSource | undefined,
  options: { clock: Clock; renewal: RenewalOptions; random: () => number; timeoutMs: number },
): Tokens {
  const { clock, renewal, random, timeoutMs } = options

  let last: Token | undefined

  function tokenOf(text: string): Token {
    // the same token is not new again because it is handed over again
    if (last?.text !== text) last = read(text)
    return last
  }

  function read(text: string): Token {
    const times = readTokenTimes(text)
    if (!times) return { text, renewAtMs: undefined, expiresAtMs: undefined, looksExpired: false }
    const lifetimeMs = times.expiresAtMs - times.issuedAtMs
    const issuedAtMs = clock.monotonicMs() - tokenAgeMs(times, clock.nowMs())
    return {
      text,
      renewAtMs: typeof source === 'function' ? issuedAtMs + renewalDelayMs(lifetimeMs, renewal, random()) : undefined,
      expiresAtMs: issuedAtMs + lifetimeMs,
      looksExpired: clock.nowMs() >= times.expiresAtMs,
    }
  }

  const isExpired = (token: Token | undefined) =>
    token?.expiresAtMs !== undefined && token.expiresAtMs <= clock.monotonicMs()

  return {
    canRenew: typeof source === 'function',
    async get(reason, signal) {
      if (source === undefined) return undefined
      if (typeof source === 'string') return tokenOf(source)
      try {
        const text = await within(clock, timeoutMs, signal, source({ reason, signal }))
        if (typeof text !== 'string' || text === '') throw new Error('the token function returned no text')
        return tokenOf(text)
      } catch (error) {
        throw unavailable(error)
      }
    },
    isExpired,
    mayBeExpired: (token) => isExpired(token) || token?.looksExpired === true,
  }
}

function unavailable(cause: unknown): DeviceError {
  if (isDeviceError(cause)) return cause
  const problem = cause instanceof Error ? cause.message : String(cause)
  return deviceError('token_unavailable', { problem }, { cause })
}

/** What a caller's function promises, bounded: it may never settle. */
function within<Value>(
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
  given: Value | Promise<Value>,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const isBounded = timeoutMs !== Number.POSITIVE_INFINITY
    const late = () => reject(new Error(`the token function gave nothing within ${timeoutMs} ms`))
    const cancel = isBounded ? clock.after(timeoutMs, late) : () => {}
    const abort = () => reject(deviceError('closed'))
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    Promise.resolve(given)
      .then(resolve, reject)
      .finally(() => {
        cancel()
        signal.removeEventListener('abort', abort)
      })
  })
}
