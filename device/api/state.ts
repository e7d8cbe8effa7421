import type { DeviceError } from '../errors/index.ts'

/**
 * Where a connection stands. `reason` is the typed error that led there: its `code` tells `token_expired`, `connection_refused`,
 * `forbidden`, `taken_over` and `network_down` apart.
 */
export type BridgeState =
  /** Not started, or closed by its user, which never reconnects. */
  | { readonly status: 'disconnected'; readonly reason?: DeviceError }
  /** The first connection is under way, `attempt` from 1. */
  | { readonly status: 'connecting'; readonly attempt: number }
  /** `sessionPresent`: the broker had kept subscriptions and messages. */
  | { readonly status: 'connected'; readonly sessionPresent: boolean }
  /** The connection is gone and comes back by itself; `delayMs` until the next attempt. A planned renewal has the reason `token_renewal`. */
  | {
      readonly status: 'reconnecting'
      readonly attempt: number
      readonly delayMs: number
      readonly reason: DeviceError
    }
  /** Nothing more is tried until `reset()`. */
  | { readonly status: 'error'; readonly reason: DeviceError }
