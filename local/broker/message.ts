import { validateTopicName } from '#contract/topic-filter.ts'
import type { BrokerLimits } from './limits.ts'

/** AWS IoT Core has no QoS 2. */
export type QoS = 0 | 1

export type ProtocolVersion = 4 | 5

/** MQTT 5 user properties in the order in which they were sent, which is passed on; a name may come again. OASIS MQTT 5.0, 3.3.2.3.7 */
export type UserProperties = [name: string, value: string][]

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
  /** Empty when nobody stands behind the message, as behind a lifecycle event. */
  principalId: string
  traceId: string
  /** `client`: published over MQTT, as a Will too. `cloud`: over HTTPS, by a rule, or by the service itself. */
  origin: 'client' | 'cloud'
  sourceAddress: string
  /**
   * The message was published to `$aws/rules/<rule>/<topic>`: it goes to this rule alone, and to no subscriber. `topic` is what follows
   * the prefix, and may be empty. https://docs.aws.amazon.com/iot/latest/developerguide/iot-basic-ingest.html
   */
  basicIngestRule?: string
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
  if (raw.userProperties !== undefined && raw.userProperties.length > 0) {
    properties.userProperties = raw.userProperties
  }
  if (raw.messageExpiryInterval !== undefined) {
    const { minMessageExpirySeconds, maxMessageExpirySeconds } = limits
    const seconds = Math.max(raw.messageExpiryInterval, minMessageExpirySeconds)
    properties.messageExpiryInterval = Math.min(seconds, maxMessageExpirySeconds)
  }
  return properties
}

/** What is wrong with the response topic, which is a topic name; undefined when nothing is. OASIS MQTT 5.0, 3.3.2.3.5 */
export function findResponseTopicProblem(raw: RawMessageProperties | undefined): string | undefined {
  const problem = raw?.responseTopic === undefined ? undefined : validateTopicName(raw.responseTopic)
  return problem && `response topic: ${problem}`
}

/** What is too large among the properties of a message, by the quotas of AWS IoT Core; undefined when nothing is. */
export function findPropertyProblem(raw: RawMessageProperties | undefined, limits: BrokerLimits): string | undefined {
  const { correlationData, contentType, userProperties } = raw ?? {}
  const userPropertyTexts = userProperties?.flat() ?? []
  const sizes: [what: string, bytes: number, maxBytes: number][] = [
    ['correlation data', correlationData?.length ?? 0, limits.maxCorrelationDataBytes],
    ['a content type', contentType === undefined ? 0 : Buffer.byteLength(contentType), limits.maxContentTypeBytes],
    ['user properties', sumOf(userPropertyTexts.map((text) => Buffer.byteLength(text))), limits.maxUserPropertiesBytes],
  ]
  const tooLarge = sizes.find(([, bytes, maxBytes]) => bytes > maxBytes)
  return tooLarge && `${tooLarge[0]} of a packet: at most ${tooLarge[2]} bytes, got ${tooLarge[1]}`
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0)
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
