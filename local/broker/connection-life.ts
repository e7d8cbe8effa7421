import type { Identity } from './authentication.ts'
import type { Client } from './client.ts'
import { type Ending, endClient, logDenial } from './client-ending.ts'
import type { BrokerContext } from './context.ts'
import { REASON } from './reason-codes.ts'

/**
 * Runs the timers of an authorization: its end, which nothing puts off, and the refresh before it, after which the authorizer's new
 * policies hold or the connection ends. Returns what stops them.
 * https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-lambda.html
 */
export function startConnectionLife(context: BrokerContext, client: Client, identity: Identity): () => void {
  const { clock } = context
  const { disconnectAfterSeconds, refreshAfterSeconds } = identity
  const { maxLifetimeMs } = client.connection.facts
  let isOver = false
  let cancelRefresh = () => {}

  function endAfter(ms: number | undefined, ending: Ending): () => void {
    return ms === undefined ? () => {} : clock.after(ms, () => endClient(context, client, ending))
  }

  const cancelExpiry = endAfter(disconnectAfterSeconds && disconnectAfterSeconds * 1_000, {
    disconnectReason: 'CUSTOMAUTH_TTL_EXPIRATION',
    reasonCode: REASON.notAuthorized,
    reason: `the authorization lasted ${disconnectAfterSeconds} s`,
  })
  const cancelLifetime = endAfter(maxLifetimeMs, {
    disconnectReason: 'WEBSOCKET_TTL_EXPIRATION',
    reasonCode: REASON.administrativeAction,
    reason: `a WebSocket lasts ${(maxLifetimeMs ?? 0) / 1_000} s`,
  })

  function scheduleRefresh(): void {
    // at its end there is nothing to refresh any more
    if (refreshAfterSeconds === undefined || refreshAfterSeconds >= (disconnectAfterSeconds ?? Infinity)) return
    cancelRefresh = clock.after(refreshAfterSeconds * 1_000, () => void refresh())
  }

  async function refresh(): Promise<void> {
    const denied = await identity.refresh()
    if (isOver) return
    const right = denied === undefined ? client.authorize('connect', client.clientId) : undefined
    const reason = denied ?? (right?.allowed === false ? right.reason : undefined)
    if (reason === undefined) {
      scheduleRefresh()
      return
    }
    logDenial(context, client.clientId, { action: 'connect', name: client.clientId, reason })
    endClient(context, client, {
      disconnectReason: 'AUTH_ERROR',
      reasonCode: REASON.notAuthorized,
      reason: 'the authorizer refused to go on',
    })
  }

  scheduleRefresh()
  return () => {
    isOver = true
    cancelExpiry()
    cancelLifetime()
    cancelRefresh()
  }
}
