import type { QueueStore } from '../outbox/queue-store.ts'
import type { Clock } from '../timing/clock.ts'
import type { Timeouts, TimeoutsPreset } from '../timing/timeouts.ts'
import type { AnyContract, PayloadInput, PublishKey } from '../topics/types.ts'

/** Why a token is asked for. `refused`: the broker did not take the last one. */
export type TokenReason = 'connect' | 'renewal' | 'refused'
/** Called before every connection attempt and every renewal. Its own cache is its own affair: a token that was refused is not tried again. */
export type TokenSource = (request: { reason: TokenReason; signal: AbortSignal }) => string | Promise<string>

/**
 * MQTT 5 enhanced authentication, for brokers that have it (AWS IoT Core does not). With it a token is renewed in place, by AUTH packets on
 * the live connection. OASIS MQTT 5.0, 4.12
 */
export interface AuthenticationMethod {
  readonly name: string
  /** Authentication data of CONNECT, and of the AUTH that begins a renewal. */
  start(token: string | undefined): Uint8Array | undefined | Promise<Uint8Array | undefined>
  /** Answers what the broker sent with reason code 0x18. */
  respond(
    challenge: Uint8Array | undefined,
    token: string | undefined,
  ): Uint8Array | undefined | Promise<Uint8Array | undefined>
}

export interface ReconnectOptions {
  /** Before the second retry; the first comes at once. Default: 1,000. */
  baseDelayMs: number
  /** Each delay is this many times the one before. Default: 2. */
  factor: number
  /** Default: 60,000. */
  maxDelayMs: number
  /** Each delay is up to this share longer or shorter. Default: 0.2. */
  jitter: number
  /** Consecutive failures after which nothing more is tried until `reset()`. Default: 10. Infinity: never. */
  breakerFailures: number
  /** A connection counts as a success after this. Default: 5,000. */
  stableAfterMs: number
  /** Between two CONNECTs; AWS IoT Core takes one a second for a client id. Default: 1,000. */
  minIntervalMs: number
}

export interface RenewalOptions {
  /** A token is renewed this long before it ends at the latest. Default: 30. */
  latestBeforeExpirySeconds: number
  /** Renewals are spread over this last share of a token's life. Default: 0.4. */
  spread: number
}

export interface QueueOptions {
  /** Messages that wait for a connection or for the rate limit. Default: 1,000. */
  maxMessages: number
  /**
   * What gives way in a full queue. `lowestPriority` (default): the oldest of the lowest priority, which can be the new message. `oldest`: the one
   * that waits longest. `newest`: the new message.
   */
  whenFull: 'lowestPriority' | 'oldest' | 'newest'
  /** For messages without `expirySeconds`. Default: none. */
  expirySeconds: number | undefined
  /** Keeps QoS 1 messages until the broker has them, over the end of the process too. Default: none. */
  store: QueueStore | undefined
}

/** Defaults are those of an AWS IoT Core connection. https://docs.aws.amazon.com/general/latest/gr/iot-core.html */
export interface LimitOptions {
  /** Publishes in any second, sent and received together. Default: 100. */
  publishesPerSecond: number
  /** Default: 524,288. */
  bytesPerSecond: number
  /** QoS 1 messages without PUBACK; a smaller Receive Maximum of the broker counts. Default: 100. */
  inFlight: number
  /**
   * `wait` (default): in the queue; what the broker refuses as too much is sent again after a second. `error`: the publish rejects with
   * rate_exceeded, or publish_refused.
   */
  whenExceeded: 'wait' | 'error'
}

export interface WillOptions<C extends AnyContract, Key extends PublishKey<C> = PublishKey<C>> {
  topic: Key
  payload: PayloadInput<C, Key>
  /** Values for the placeholders of the topic. Default: the device's own. */
  params?: Readonly<Record<string, string>> | undefined
  /** Default: that of the contract. */
  qos?: 0 | 1 | undefined
  /** Default: false. */
  retain?: boolean | undefined
  /** MQTT 5 alone; AWS IoT Core ignores it. Default: 0. */
  delaySeconds?: number | undefined
  /** MQTT 5 alone. Default: none. */
  expirySeconds?: number | undefined
}

export interface ConnectOptions<C extends AnyContract = AnyContract> {
  /** `mqtts://host[:port]` or `wss://host[:port]/path`; without TLS `mqtt://` and `ws://`. Browsers have the WebSockets alone. */
  url: string
  clientId: string
  /** JWT, sent as the MQTT password, or what gives one. A text cannot be renewed. */
  token?: string | TokenSource | undefined
  /** Default: the client id. */
  username?: string | undefined
  /** Goes into the user name: `?x-amz-customauthorizer-name=…`. */
  customAuthorizerName?: string | undefined
  /** The device's registered values, for topics with `{organizationId}` and `{deviceId}`. */
  organizationId?: string | undefined
  deviceId?: string | undefined
  /** The token's permissions. With them, what they do not grant fails with permission_denied before the wire. */
  permissions?: readonly string[] | undefined

  /** Node: PEM texts or files. Browsers have their own. */
  ca?: string | readonly string[] | undefined
  /** Node: client certificate and its key, PEM or file. Both or neither. */
  cert?: string | undefined
  key?: string | undefined
  /** Node: TLS server name (SNI). Default: the host of the URL. */
  serverName?: string | undefined
  /** Node, `mqtts`: ALPN protocols. Default: `['mqtt']`. */
  alpn?: readonly string[] | undefined

  /** 5 (default) or 4, which is MQTT 3.1.1. */
  protocolVersion?: 5 | 4 | undefined
  /** Seconds without a packet to the broker until it is pinged; 0: never. The broker may demand its own. Default: 60. */
  keepAliveSeconds?: number | undefined
  /**
   * `persistent` (default): the broker keeps subscriptions and messages over lost connections, renewals and the end of the process. `clean`: the bridge
   * begins without what an earlier one left, and leaves nothing; with MQTT 5 lost connections and renewals keep the session.
   */
  session?: 'persistent' | 'clean' | undefined
  /** MQTT 5: how long the broker keeps the session after a connection. AWS IoT Core caps it at the default, 3,600. */
  sessionExpirySeconds?: number | undefined
  will?: { [Key in PublishKey<C>]: WillOptions<C, Key> }[PublishKey<C>] | undefined
  /** MQTT 5: QoS 1 messages the broker may send without a PUBACK. Default: 100. */
  receiveMaximum?: number | undefined
  /** MQTT 5: the largest packet that is taken. Default: none. */
  maxPacketBytes?: number | undefined
  /** MQTT 5: repeated topics are sent as aliases, as far as the broker takes them. Default: false. */
  topicAliases?: boolean | undefined
  /** MQTT 5: topic aliases the broker may use. Default: 0. */
  topicAliasMaximum?: number | undefined
  authentication?: AuthenticationMethod | undefined

  /** `local`, `internet` (default), `satellite`, or single values over those of `internet`. */
  timeouts?: TimeoutsPreset | Partial<Timeouts> | undefined
  reconnect?: Partial<ReconnectOptions> | undefined
  renewal?: Partial<RenewalOptions> | undefined
  queue?: Partial<QueueOptions> | undefined
  /** False: no limits of the client's own. */
  limits?: Partial<LimitOptions> | false | undefined
  /** Message ids that are remembered so that nothing is handled twice; 0: none. Default: 1,000. */
  deduplicate?: number | undefined
  /** Messages of a kept session for which there is no handler yet wait this long for one. Default: 10,000. */
  unclaimedMs?: number | undefined
  /** True: `connect` resolves at once, and the connection comes when it comes. Default: false. */
  startOffline?: boolean | undefined
  /** Ends `connect` while it waits; the bridge is closed then. */
  signal?: AbortSignal | undefined
  /** Default: the machine's clock. */
  clock?: Clock | undefined
  /** Source of jitter, from 0 to below 1. Default: Math.random. */
  random?: (() => number) | undefined
}
