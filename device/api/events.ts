import type { DeviceError } from '../errors/index.ts'

/** What happens beside the results of calls. Payloads and tokens are in none of them. */
export type BridgeEvent =
  /** A message waiting to be sent was given up. */
  | {
      readonly type: 'dropped'
      readonly reason: 'queue_full' | 'expired'
      readonly topic: string
      readonly messageId: string
      readonly priority: number
    }
  /** A reply to a request that had ended: timed out, aborted, or answered before. */
  | { readonly type: 'lateReply'; readonly topic: string; readonly correlationId: string }
  /** A message came again and was acknowledged without being handled. */
  | { readonly type: 'duplicate'; readonly topic: string; readonly messageId: string }
  /** An arriving message did not fit the contract. `code` is one of the contract. */
  | { readonly type: 'rejected'; readonly topic: string; readonly code: string; readonly problem: string }
  /** A message came for which there is no handler. */
  | { readonly type: 'unhandled'; readonly topic: string }
  /** A handler threw or rejected. */
  | { readonly type: 'handlerFailed'; readonly topic: string; readonly error: unknown }
  /** A listener of states or events threw. Where nobody listens to this, it is an uncaught error of the process. */
  | { readonly type: 'listenerFailed'; readonly error: unknown }
  /** A QoS 0 message came while the handler had its `maxWaiting` messages waiting. */
  | { readonly type: 'overflow'; readonly topic: string }
  /** An operation called with `wait: false` failed. */
  | { readonly type: 'failed'; readonly operation: string; readonly topic: string; readonly error: DeviceError }
  /** The broker refused a subscription it had granted before. */
  | { readonly type: 'subscriptionLost'; readonly filter: string; readonly error: DeviceError }
  /** A reply was asked for on a topic where this device does not answer. */
  | { readonly type: 'replyRefused'; readonly topic: string; readonly replyTo: string }
  /** The connection has a new token. */
  | { readonly type: 'renewed'; readonly how: 'reconnect' | 'in_place' }
  /** No new token could be had; the old one is still in use. */
  | { readonly type: 'renewalFailed'; readonly error: DeviceError }
  /** A connection attempt failed, or a connection was lost. */
  | { readonly type: 'attemptFailed'; readonly error: DeviceError }
  /** The circuit breaker opened: nothing more is tried until `reset()`. */
  | { readonly type: 'breakerOpened'; readonly failures: number }
  /** The durable store failed; the message is kept in memory alone. */
  | { readonly type: 'storeFailed'; readonly error: unknown }

export type BridgeEventType = BridgeEvent['type']
export type BridgeEventOf<Type extends BridgeEventType> = Extract<BridgeEvent, { type: Type }>
