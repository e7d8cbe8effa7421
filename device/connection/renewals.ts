import type { BridgeEvent } from '../api/events.ts'
import type { AuthenticationMethod } from '../api/options.ts'
import { type DeviceError, deviceError, isDeviceError } from '../errors/index.ts'
import type { Clock } from '../timing/clock.ts'
import { createGate } from '../timing/waits.ts'
import type { Token, Tokens } from '../token/tokens.ts'
import { type LiveLink, messageOf } from './live-link.ts'

/** The renewals of one connection's token. */
export interface Renewals {
  /** Resolves to the token of the next connection when this one is to be replaced, and to undefined when it has ended by itself. */
  readonly planned: Promise<NextToken | undefined>
  /** The token in use. */
  token(): Token | undefined
  /** Resolves when the new token is in use. Rejects with token_unavailable, not_connected. */
  renewNow(): Promise<void>
}

/** A connection without a token can be replaced too. */
export interface NextToken {
  readonly token: Token | undefined
}

export interface RenewalsOptions {
  live: LiveLink
  token: Token | undefined
  tokens: Tokens
  clock: Clock
  authentication: AuthenticationMethod | undefined
  signal: AbortSignal
  /** A renewal in place went well. */
  announce(): void
  onEvent(event: BridgeEvent): void
}

/** After a failed renewal it is tried again; the old token goes on meanwhile. */
const RETRY_MS = 5_000

export function createRenewals(options: RenewalsOptions): Renewals {
  const { live, tokens, clock, authentication, signal, onEvent } = options
  const planned = createGate<NextToken | undefined>()
  let token = options.token
  let cancel = () => {}
  let underway: Promise<void> | undefined

  function schedule(atMs: number | undefined): void {
    cancel()
    if (atMs === undefined || live.hasEnded()) return
    const run = () => {
      // the system's timers end early for very long waits
      if (clock.monotonicMs() < atMs) schedule(atMs)
      else renew().catch(() => schedule(clock.monotonicMs() + RETRY_MS))
    }
    cancel = clock.after(atMs - clock.monotonicMs(), run)
  }

  function renew(): Promise<void> {
    underway ??= replace().finally(() => {
      underway = undefined
    })
    return underway
  }

  async function replace(): Promise<void> {
    let next: Token | undefined
    try {
      next = await Promise.race([tokens.get('renewal', signal), live.ended.then(() => undefined)])
    } catch (error) {
      const problem = errorOf(error)
      onEvent({ type: 'renewalFailed', error: problem })
      throw problem
    }
    if (live.hasEnded()) throw deviceError('not_connected')
    if (authentication && (await isRenewedInPlace(next))) {
      token = next
      schedule(next?.renewAtMs)
      return
    }
    planned.open({ token: next })
  }

  async function isRenewedInPlace(next: Token | undefined): Promise<boolean> {
    try {
      await live.reauthenticate(next?.text)
      options.announce()
      return true
    } catch (error) {
      onEvent({ type: 'renewalFailed', error: errorOf(error) })
      return false
    }
  }

  void live.ended.then(() => {
    cancel()
    planned.open(undefined)
  })
  schedule(token?.renewAtMs)
  return {
    planned: planned.promise,
    token() {
      return token
    },
    renewNow: renew,
  }
}

function errorOf(error: unknown): DeviceError {
  return isDeviceError(error)
    ? error
    : deviceError('token_unavailable', { problem: messageOf(error) }, { cause: error })
}
