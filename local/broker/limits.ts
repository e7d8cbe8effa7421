/**
 * Numbers of the broker. Where no other source is named, a value is a default quota of AWS IoT Core:
 * https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits
 *
 * A rate of `Number.POSITIVE_INFINITY` is no limit.
 */
export type BrokerLimits = PacketLimits & RateLimits & SessionLimits & OwnLimits

type PacketLimits = {
  /** Payload of a PUBLISH. */
  maxPayloadBytes: number
  /** A whole control packet; announced to MQTT 5 clients as Maximum Packet Size. */
  maxPacketBytes: number
  /** An MQTT 5 client may not announce a smaller Maximum Packet Size. */
  minAnnouncedPacketBytes: number
  maxClientIdBytes: number
  maxCorrelationDataBytes: number
  /** Names and values of all user properties of one packet. */
  maxUserPropertiesBytes: number
  maxContentTypeBytes: number
  /** Topic aliases a client may set on one connection; announced as Topic Alias Maximum. */
  maxTopicAliases: number
}

type RateLimits = {
  /** PUBLISH packets of a connection, from and to the client; what is more is discarded. */
  maxPublishesPerSecond: number
  /** Bytes of a connection, each way; what is more is delayed. */
  maxBytesPerSecond: number
  maxConnectsPerSecondPerClientId: number
  maxRetainedPublishesPerSecondPerTopic: number
  /** Messages of a persistent session that were stored while its client was away. */
  maxStoredReplayPerSecond: number
  /** Queued messages of a shared subscription, to each member that is online. */
  maxSharedDrainPerSecond: number
}

type SessionLimits = {
  maxSubscriptionsPerConnection: number
  maxFiltersPerSubscribe: number
  /** QoS 1 messages of a client that wait for the broker's PUBACK; announced as Receive Maximum. */
  maxInboundInFlight: number
  /** QoS 1 messages to a client that wait for its PUBACK; a client may announce less. */
  maxOutboundInFlight: number
  minKeepAliveSeconds: number
  /** Also used for a client that asks for 0 (none). */
  maxKeepAliveSeconds: number
  /** Silence after which a client is dropped, as a multiple of its keep-alive. OASIS MQTT 5.0, 3.1.2.10 */
  keepAliveFactor: number
  /** Ceiling of an MQTT 5 Session Expiry Interval. */
  maxSessionExpirySeconds: number
  /** Life of an MQTT 3.1.1 persistent session after its connection ended. */
  persistentSessionSeconds: number
  /** A QoS 1 message that an MQTT 3.1.1 client has not acknowledged this long after it was first sent is dropped. */
  redeliverySecondsV4: number
  redeliverySecondsV5: number
  /** https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html, Message Expiry Interval. */
  minMessageExpirySeconds: number
  maxMessageExpirySeconds: number
  maxRetainedMessages: number
  maxSharedGroups: number
  maxSubscriptionsPerSharedGroup: number
  /**
   * How long a shared subscription keeps a message without expiry: the persistent session expiry.
   * https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt5-shared-subscription-message-queuing
   */
  sharedQueueSeconds: number
  /** https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html, versionNumber. */
  versionNumberResetSeconds: number
}

/** Numbers that AWS does not tell, or that a service on one machine needs for itself. */
type OwnLimits = {
  /** A socket that sent no CONNECT by then is closed. */
  connectTimeoutMs: number
  /** How long a closed connection waits for the peer to read the last packet. */
  lingerMs: number
  /** Above it a client gets no more messages until its socket has taken what was written. */
  maxOutboundBufferBytes: number
  /** Messages a session holds back before the newest are dropped. */
  maxQueuedPerSession: number
  /** Messages a shared subscription holds back before the newest are dropped. AWS has such a quota; its value is not published. */
  maxQueuedPerSharedGroup: number
}

export const DEFAULT_LIMITS: Readonly<BrokerLimits> = {
  maxPayloadBytes: 128 * 1024,
  maxPacketBytes: 146 * 1024,
  minAnnouncedPacketBytes: 512,
  maxClientIdBytes: 128,
  maxCorrelationDataBytes: 8 * 1024,
  maxUserPropertiesBytes: 8 * 1024,
  maxContentTypeBytes: 256,
  maxTopicAliases: 8,

  maxPublishesPerSecond: 100,
  maxBytesPerSecond: 512 * 1024,
  maxConnectsPerSecondPerClientId: 1,
  maxRetainedPublishesPerSecondPerTopic: 1,
  maxStoredReplayPerSecond: 10,
  maxSharedDrainPerSecond: 20,

  maxSubscriptionsPerConnection: 50,
  maxFiltersPerSubscribe: 8,
  maxInboundInFlight: 100,
  maxOutboundInFlight: 100,
  minKeepAliveSeconds: 30,
  maxKeepAliveSeconds: 1_200,
  keepAliveFactor: 1.5,
  maxSessionExpirySeconds: 3_600,
  persistentSessionSeconds: 3_600,
  redeliverySecondsV4: 3_600,
  redeliverySecondsV5: 960,
  minMessageExpirySeconds: 1,
  maxMessageExpirySeconds: 604_800,
  maxRetainedMessages: 500_000,
  maxSharedGroups: 100,
  maxSubscriptionsPerSharedGroup: 100,
  sharedQueueSeconds: 3_600,
  versionNumberResetSeconds: 3_600,

  connectTimeoutMs: 10_000,
  lingerMs: 1_000,
  maxOutboundBufferBytes: 1024 * 1024,
  maxQueuedPerSession: 10_000,
  maxQueuedPerSharedGroup: 10_000,
}

const NO_LIMIT = Number.POSITIVE_INFINITY

/** All rates lifted, for measurements and for tests that are about something else. */
export const NO_RATE_LIMITS: Readonly<RateLimits> = {
  maxPublishesPerSecond: NO_LIMIT,
  maxBytesPerSecond: NO_LIMIT,
  maxConnectsPerSecondPerClientId: NO_LIMIT,
  maxRetainedPublishesPerSecondPerTopic: NO_LIMIT,
  maxStoredReplayPerSecond: NO_LIMIT,
  maxSharedDrainPerSecond: NO_LIMIT,
}
