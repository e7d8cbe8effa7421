/**
 * Numbers of the broker. Where no other source is named, a value is a default quota of AWS IoT Core:
 * https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits
 */
export type BrokerLimits = {
  /** Payload of a PUBLISH. */
  maxPayloadBytes: number
  /** A whole control packet; announced to MQTT 5 clients as Maximum Packet Size. */
  maxPacketBytes: number
  /** An MQTT 5 client may not announce a smaller Maximum Packet Size. */
  minAnnouncedPacketBytes: number
  maxClientIdBytes: number
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
  /** https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html, Message Expiry Interval. */
  minMessageExpirySeconds: number
  maxMessageExpirySeconds: number
  /** Our own: a socket that sent no CONNECT by then is closed. */
  connectTimeoutMs: number
  /** Our own: how long a closed connection waits for the peer to read the last packet. */
  lingerMs: number
  /** Our own: above it a client gets no more messages until its socket has taken what was written. */
  maxOutboundBufferBytes: number
  /** Our own: messages a session holds back before the newest are dropped. */
  maxQueuedPerSession: number
}

export const DEFAULT_LIMITS: Readonly<BrokerLimits> = {
  maxPayloadBytes: 128 * 1024,
  maxPacketBytes: 146 * 1024,
  minAnnouncedPacketBytes: 512,
  maxClientIdBytes: 128,
  maxSubscriptionsPerConnection: 50,
  maxFiltersPerSubscribe: 8,
  maxInboundInFlight: 100,
  maxOutboundInFlight: 100,
  minKeepAliveSeconds: 30,
  maxKeepAliveSeconds: 1_200,
  keepAliveFactor: 1.5,
  maxSessionExpirySeconds: 3_600,
  persistentSessionSeconds: 3_600,
  minMessageExpirySeconds: 1,
  maxMessageExpirySeconds: 604_800,
  connectTimeoutMs: 10_000,
  lingerMs: 1_000,
  maxOutboundBufferBytes: 1024 * 1024,
  maxQueuedPerSession: 10_000,
}
