import type { BrokerLimits } from './limits.ts'

/** AWS IoT Core has no QoS 2. */
export type QoS = 0 | 1

export type ProtocolVersion = 4 | 5

/** MQTT 5 user properties: names in the order of first use, repeated names as a list. */
export type UserProperties = Record<string, string | string[]>

/** MQTT 5 properties that travel with a message. Empty for MQTT 3.1.1. OASIS MQTT 5.0, 3.3.2.3 */
export type MessageProperties = {
  responseTopic?: string
  correlationData?: Buffer
  contentType?: string
  /** True for UTF-8 text. */
  payloadFormatIndicator?: boolean
  /** Seconds, within the bounds of AWS IoT Core, as the publisher set it. */
  messageExpiryInterval?: number
  userProperties?: UserProperties
}

/** A message as it is stored and delivered. */
export type Message = {
  topic: string
  payload: Buffer
  qos: QoS
  properties: MessageProperties
  receivedAtMs: number
  /** Never delivered at or after this moment. */
  expiresAtMs?: number
}

/** A message that was accepted for publication, with the broker's own facts about its sender. */
export type InboundMessage = Message & {
  retain: boolean
  /** `n/a` when the cloud published it. */
  clientId: string
  principalId: string
  traceId: string
  sourceAddress: string
}

/** A MQTT 5 property set as read from the wire or from a caller; expiry not yet bounded. */
export type RawMessageProperties = { [Name in keyof MessageProperties]?: MessageProperties[Name] | undefined }

const NO_PROPERTIES: MessageProperties = Object.freeze({})

/** Keeps the properties that are passed on and brings the message expiry within its bounds. */
export function readMessageProperties(raw: RawMessageProperties | undefined, limits: BrokerLimits): MessageProperties {
  if (raw === undefined) return NO_PROPERTIES
  const properties: MessageProperties = {}
  if (raw.responseTopic !== undefined) properties.responseTopic = raw.responseTopic
  if (raw.correlationData !== undefined) properties.correlationData = raw.correlationData
  if (raw.contentType !== undefined) properties.contentType = raw.contentType
  if (raw.payloadFormatIndicator !== undefined) properties.payloadFormatIndicator = raw.payloadFormatIndicator
  if (raw.userProperties !== undefined && Object.keys(raw.userProperties).length > 0) {
    properties.userProperties = raw.userProperties
  }
  if (raw.messageExpiryInterval !== undefined) {
    const { minMessageExpirySeconds, maxMessageExpirySeconds } = limits
    const seconds = Math.max(raw.messageExpiryInterval, minMessageExpirySeconds)
    properties.messageExpiryInterval = Math.min(seconds, maxMessageExpirySeconds)
  }
  return properties
}

/** When a message with these properties, received at `receivedAtMs`, expires; an empty object if it does not. */
export function expiryOf(properties: MessageProperties, receivedAtMs: number): { expiresAtMs?: number } {
  const seconds = properties.messageExpiryInterval
  return seconds === undefined ? {} : { expiresAtMs: receivedAtMs + seconds * 1_000 }
}

/** Tells whether a message may no longer be delivered. */
export function isExpired(message: Message, nowMs: number): boolean {
  return message.expiresAtMs !== undefined && nowMs >= message.expiresAtMs
}

/** The properties as a subscriber gets them: the expiry interval is what is left of it, in whole seconds. */
export function deliveredProperties(message: Message, nowMs: number): MessageProperties {
  if (message.expiresAtMs === undefined) return message.properties
  const messageExpiryInterval = Math.max(0, Math.floor((message.expiresAtMs - nowMs) / 1_000))
  return { ...message.properties, messageExpiryInterval }
}
