import { bridgeError, IDENTIFIER_PATTERN, type Identity, permissionDecider } from '#contract/index.ts'
import type { ConnectOptions, LimitOptions, QueueOptions, ReconnectOptions, RenewalOptions } from '../api/options.ts'
import { checkUrl } from '../connection/connect-packet.ts'
import { LIMIT_DEFAULTS } from '../outbox/throttle.ts'
import { RECONNECT_DEFAULTS } from '../timing/backoff.ts'
import { type Clock, createSystemClock } from '../timing/clock.ts'
import { resolveTimeouts, type Timeouts } from '../timing/timeouts.ts'
import { RENEWAL_DEFAULTS } from '../token/renewal-schedule.ts'

/** The options with their defaults. */
export interface Settings {
  readonly identity: Identity
  readonly protocolVersion: 4 | 5
  readonly keepAliveSeconds: number
  readonly timeouts: Timeouts
  readonly reconnect: ReconnectOptions
  readonly renewal: RenewalOptions
  readonly queue: QueueOptions
  /** Undefined: none. */
  readonly limits: LimitOptions | undefined
  readonly deduplicate: number
  readonly unclaimedMs: number
  readonly clock: Clock
  readonly random: () => number
}

export const QUEUE_DEFAULTS: Readonly<QueueOptions> = {
  maxMessages: 1_000,
  whenFull: 'lowestPriority',
  expirySeconds: undefined,
  store: undefined,
}

/** Throws configuration_invalid for values out of their bounds, and for permissions that are not valid. */
export function resolveSettings(root: string, options: ConnectOptions): Settings {
  const { clientId, organizationId, deviceId, limits, keepAliveSeconds = 60, protocolVersion = 5 } = options
  checkUrl(options.url)
  const identity = { clientId, organizationId, deviceId }
  for (const [name, value] of Object.entries(identity)) {
    if (value !== undefined && !IDENTIFIER_PATTERN.test(value))
      throw invalid(`${name} must fit ${IDENTIFIER_PATTERN.source}`)
  }
  if (protocolVersion !== 4 && protocolVersion !== 5) throw invalid('protocolVersion is 5 or 4')
  bounded('keepAliveSeconds', keepAliveSeconds, 0, 0xffff)
  bounded('sessionExpirySeconds', options.sessionExpirySeconds ?? 0, 0, 0xffff_ffff)
  bounded('receiveMaximum', options.receiveMaximum ?? 1, 1, 0xffff)
  bounded('maxPacketBytes', options.maxPacketBytes ?? 1, 1, 0xffff_ffff)
  bounded('topicAliasMaximum', options.topicAliasMaximum ?? 0, 0, 0xffff)
  bounded('deduplicate', options.deduplicate ?? 0, 0, Number.MAX_SAFE_INTEGER)
  bounded('queue.maxMessages', options.queue?.maxMessages ?? 0, 0, Number.MAX_SAFE_INTEGER)
  if (protocolVersion === 4 && options.authentication) throw invalid('authentication is of MQTT 5')
  if (options.permissions) permissionDecider({ root, identity, permissions: options.permissions })
  return {
    identity,
    protocolVersion,
    keepAliveSeconds,
    timeouts: resolveTimeouts(options.timeouts),
    reconnect: { ...RECONNECT_DEFAULTS, ...options.reconnect },
    renewal: { ...RENEWAL_DEFAULTS, ...options.renewal },
    queue: { ...QUEUE_DEFAULTS, ...options.queue },
    limits: limits === false ? undefined : { ...LIMIT_DEFAULTS, ...limits },
    deduplicate: options.deduplicate ?? 1_000,
    unclaimedMs: options.unclaimedMs ?? 10_000,
    clock: options.clock ?? createSystemClock(),
    random: options.random ?? Math.random,
  }
}

function bounded(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max)
    throw invalid(`${name} is a whole number from ${min} to ${max}`)
}

function invalid(problem: string) {
  return bridgeError('configuration_invalid', { problem })
}
