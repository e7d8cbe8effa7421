import type { Bridge, BridgeState } from '#device/index.ts'
import type { Log } from './log.ts'

/** Writes down what the connection goes through. */
export function logBridge(bridge: Bridge, log: Log): void {
  bridge.onState((state) => log({ level: levelOf(state), event: 'mqtt_state', ...factsOf(state) }))
  bridge.onEvent('attemptFailed', ({ error }) =>
    log({ level: 'warn', event: 'mqtt_attempt_failed', code: error.code, problem: error.message }),
  )
  bridge.onEvent('renewalFailed', ({ error }) =>
    log({ level: 'warn', event: 'mqtt_renewal_failed', code: error.code, problem: error.message }),
  )
  bridge.onEvent('rejected', ({ topic, code, problem }) =>
    log({ level: 'warn', event: 'message_rejected', topic, code, problem }),
  )
  bridge.onEvent('dropped', ({ topic, reason, messageId }) =>
    log({ level: 'error', event: 'publish_dropped', topic, reason, messageId }),
  )
  bridge.onEvent('subscriptionLost', ({ filter, error }) =>
    log({ level: 'error', event: 'subscription_lost', filter, code: error.code, problem: error.message }),
  )
  bridge.onEvent('storeFailed', ({ error }) =>
    log({ level: 'error', event: 'store_failed', problem: error instanceof Error ? error.message : String(error) }),
  )
}

function levelOf({ status }: BridgeState): 'info' | 'warn' | 'error' {
  if (status === 'error') return 'error'
  return status === 'reconnecting' ? 'warn' : 'info'
}

function factsOf(state: BridgeState): Record<string, unknown> {
  const { status } = state
  const reason = 'reason' in state && state.reason ? { code: state.reason.code, problem: state.reason.message } : {}
  return { status, ...reason, ...(state.status === 'reconnecting' && { delayMs: Math.round(state.delayMs) }) }
}
