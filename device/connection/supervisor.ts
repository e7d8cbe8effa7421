import type { BridgeEvent } from '../api/events.ts'
import type { Counters } from '../api/metrics.ts'
import type { AuthenticationMethod, ReconnectOptions } from '../api/options.ts'
import type { BridgeState } from '../api/state.ts'
import { type DeviceError, deviceError, isDeviceError } from '../errors/index.ts'
import { backoffDelayMs } from '../timing/backoff.ts'
import type { Clock } from '../timing/clock.ts'
import { createGate, type Gate, pause } from '../timing/waits.ts'
import type { Token, Tokens } from '../token/tokens.ts'
import { classifyEnding } from './classify-ending.ts'
import { createForbiddenGuard } from './forbidden-guard.ts'
import type { ConnectionHost } from './host.ts'
import type { Goodbye } from './link.ts'
import { type LiveLink, messageOf, openLiveLink } from './live-link.ts'
import { createRenewals, type NextToken, type Renewals } from './renewals.ts'

/** Keeps a connection: decides when to connect, with which token, when to give up, and when to renew. */
export interface Supervisor {
  state(): BridgeState
  /** The connection that messages flow on. */
  current(): LiveLink | undefined
  start(): void
  /** Renews token and connection now. Rejects with not_connected, token_unavailable, closed. */
  renew(): Promise<void>
  /** Tries again now, with all failures forgotten. */
  reset(): void
  /** Tries nothing more. Resolves when the connection has ended with a DISCONNECT. */
  close(goodbye: Goodbye): Promise<void>
}

export interface SupervisorOptions {
  clientId: string
  protocolVersion: 4 | 5
  host: ConnectionHost
  tokens: Tokens
  authentication: AuthenticationMethod | undefined
  reconnect: ReconnectOptions
  clock: Clock
  random: () => number
  counters: Counters
  onState(state: BridgeState): void
  onEvent(event: BridgeEvent): void
}

/** How a connection came to its end, or did not come about. */
interface Outcome {
  readonly error: DeviceError
  /** Nothing is gained by another try. */
  readonly isFinal: boolean
  /** It had lasted long enough to count as a success. */
  readonly wasStable: boolean
  /** Of a planned renewal: the token for the next connection. */
  readonly next?: NextToken | undefined
}

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { clientId, host, tokens, clock, reconnect, counters, onEvent } = options
  const lifetime = new AbortController()
  const { signal } = lifetime
  const guard = createForbiddenGuard(options.protocolVersion)
  let state: BridgeState = { status: 'disconnected' }
  let current: LiveLink | undefined
  let opening: LiveLink | undefined
  let renewals: Renewals | undefined
  /** Somebody waits for the renewal underway. */
  let renewed: Gate<DeviceError | undefined> | undefined
  let running: Promise<void> | undefined
  let wake = new AbortController()
  let isFirst = true
  let hasConnected = false
  let failures = 0
  let attempts = 0
  let connectedAtMs = Number.NEGATIVE_INFINITY
  let refused: string | undefined
  let goodbye: Goodbye = { reasonCode: 0 }

  function setState(next: BridgeState): void {
    state = next
    options.onState(next)
  }

  async function live(): Promise<void> {
    let prepared: NextToken | undefined
    let reason: DeviceError | undefined
    while (!signal.aborted) {
      const outcome = await connectOnce(prepared, reason)
      if (signal.aborted) break
      prepared = outcome.next
      reason = outcome.error
      if (prepared) continue
      onEvent({ type: 'attemptFailed', error: reason })
      failures = outcome.wasStable ? 1 : failures + 1
      const stop = outcome.isFinal ? reason : openBreaker(reason)
      if (stop) await stopped(stop)
    }
  }

  function openBreaker(last: DeviceError): DeviceError | undefined {
    if (failures < reconnect.breakerFailures) return undefined
    onEvent({ type: 'breakerOpened', failures })
    return deviceError('breaker_open', { failures, problem: last.message }, { cause: last })
  }

  /** Until `reset` or `close`. */
  async function stopped(reason: DeviceError): Promise<void> {
    setState({ status: 'error', reason })
    if (!wake.signal.aborted)
      await new Promise((resolve) => wake.signal.addEventListener('abort', resolve, { once: true }))
  }

  async function connectOnce(prepared: NextToken | undefined, reason: DeviceError | undefined): Promise<Outcome> {
    wake = new AbortController()
    if (!prepared) await waitForTurn(reason)
    let token = prepared?.token
    try {
      if (!prepared) token = await tokens.get(refused === undefined ? 'connect' : 'refused', signal)
      if (refused !== undefined && token?.text === refused)
        return fail(reason ?? deviceError('token_unavailable'), true)
      await pause(clock, connectedAtMs + reconnect.minIntervalMs - clock.monotonicMs(), signal)
      if (signal.aborted) return fail(deviceError('closed'), true)
      connectedAtMs = clock.monotonicMs()
      opening = await openLiveLink(host, { token: token?.text, isFirst }, options.authentication)
    } catch (error) {
      return fail(
        isDeviceError(error) ? error : deviceError('environment_invalid', { problem: messageOf(error) }),
        !isDeviceError(error),
      )
    }
    isFirst = false
    if (signal.aborted) opening.link.disconnect(goodbye)
    const outcome = await stay(opening, token, prepared !== undefined)
    current = undefined
    opening = undefined
    return outcome
  }

  async function waitForTurn(reason: DeviceError | undefined): Promise<void> {
    attempts += 1
    // two clients with one id would throw each other out without end
    const counted = reason?.code === 'taken_over' ? failures + 1 : failures
    const delayMs = backoffDelayMs(counted, reconnect, options.random())
    if (hasConnected && reason) setState({ status: 'reconnecting', attempt: attempts, delayMs, reason })
    else setState({ status: 'connecting', attempt: attempts })
    await pause(clock, delayMs, wake.signal)
  }

  async function stay(live: LiveLink, token: Token | undefined, isRenewal: boolean): Promise<Outcome> {
    const terms = await Promise.race([live.opened, live.ended.then(() => undefined)])
    if (terms) await Promise.race([host.attach(live.link, terms), live.ended])
    if (!terms || live.hasEnded() || signal.aborted) {
      if (signal.aborted) live.link.disconnect(goodbye)
      return judge(live, token, false)
    }
    current = live
    refused = undefined
    hasConnected = true
    attempts = 0
    counters.connections += 1
    const openedAtMs = clock.monotonicMs()
    const cancelStable = clock.after(reconnect.stableAfterMs, () => {
      failures = 0
    })
    if (isRenewal) announce('reconnect')
    setState({ status: 'connected', sessionPresent: terms.sessionPresent })
    renewals = createRenewals({ ...options, signal, live, token, announce: () => announce('in_place'), onEvent })
    const next = await renewals.planned
    cancelStable()
    if (next) {
      await Promise.race([
        pause(clock, connectedAtMs + reconnect.minIntervalMs - clock.monotonicMs(), signal),
        live.ended,
      ])
      setState({ status: 'reconnecting', attempt: 0, delayMs: 0, reason: deviceError('token_renewal') })
      await Promise.race([host.pause(), live.ended])
      live.link.disconnect({ reasonCode: 0 })
      await live.ended
      return { error: deviceError('token_renewal'), isFinal: false, wasStable: true, next }
    }
    const wasStable = clock.monotonicMs() - openedAtMs >= reconnect.stableAfterMs
    return judge(live, renewals.token(), wasStable)
  }

  function announce(how: 'reconnect' | 'in_place'): void {
    counters.renewals += 1
    onEvent({ type: 'renewed', how })
    renewed?.open(undefined)
  }

  async function judge(live: LiveLink, token: Token | undefined, wasStable: boolean): Promise<Outcome> {
    const ending = await live.ended
    const unanswered = live.unanswered()
    const isTokenExpired = ending.kind === 'refused' ? tokens.mayBeExpired(token) : tokens.isExpired(token)
    const error = classifyEnding(ending, { clientId, isTokenExpired, unanswered })
    renewed?.open(error)
    const forbidden = guard.judge(error, ending, unanswered)
    if (forbidden) {
      host.abandon(forbidden.actions, forbidden.error)
      return fail(forbidden.error, true)
    }
    if (ending.kind !== 'refused') return { error, isFinal: false, wasStable }
    if (error.classification === 'authentication') refused = token?.text
    return fail(
      error,
      error.classification === 'fatal' || (error.classification === 'authentication' && !tokens.canRenew),
    )
  }

  return {
    state() {
      return state
    },
    current() {
      return current
    },
    start() {
      // nothing in it is meant to throw; if it does, the bridge must say so instead of ending the process
      running ??= live().catch((error: unknown) => {
        setState({
          status: 'error',
          reason: deviceError('protocol_error', { reasonCode: 'none', problem: messageOf(error) }),
        })
      })
    },
    async renew() {
      if (signal.aborted) throw deviceError('closed')
      if (!renewals || !current) throw deviceError('not_connected')
      renewed ??= createGate()
      const { promise } = renewed
      try {
        await renewals.renewNow()
        const error = await promise
        if (error) throw error
      } finally {
        renewed = undefined
      }
    },
    reset() {
      failures = 0
      refused = undefined
      guard.forget()
      wake.abort()
    },
    async close(options) {
      goodbye = options
      lifetime.abort()
      wake.abort()
      const live = current ?? opening
      live?.link.disconnect(goodbye)
      await running
      renewed?.open(deviceError('closed'))
      if (state.status !== 'disconnected') setState({ status: 'disconnected', reason: deviceError('closed') })
    },
  }
}

function fail(error: DeviceError, isFinal: boolean): Outcome {
  return { error, isFinal, wasStable: false }
}
