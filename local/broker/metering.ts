import type { IPubackPacket, ISubscribePacket } from 'mqtt-packet'
import { type Count, stepsOf } from '../meter/index.ts'
import type { Message, RawMessageProperties } from './message.ts'
import { RULES_PREFIX } from './routing/basic-ingest.ts'
import type { ConnectPacket, PublishPacket } from './wire/packets.ts'

/**
 * MQTT messages as AWS IoT Core meters them; what is not here is free of charge. Whether a refused packet is metered is not said: it is
 * counted. https://aws.amazon.com/iot-core/pricing/additional-details/
 */
export function countConnect(count: Count, packet: ConnectPacket): void {
  const { clientId, username = '', password = '', will } = packet
  const texts = [clientId, username, password, will?.topic ?? '', will?.payload ?? '']
  const bytes = sum(texts.map(bytesOf)) + propertyBytes(packet.properties) + propertyBytes(will?.properties)
  count('iot.messages', 'CONNECT', stepsOf('iot', bytes))
}

/** Basic Ingest is free; a message with RETAIN counts twice. */
export function countPublished(count: Count, topic: string, packet: PublishPacket): void {
  if (topic.startsWith(RULES_PREFIX)) return
  const steps = stepsOf('iot', bytesOf(topic) + bytesOf(packet.payload) + propertyBytes(packet.properties))
  count('iot.messages', 'PUBLISH received', steps)
  if (packet.retain) count('iot.messages', 'RETAINED', steps)
}

/** By the minute that has begun. */
export function countConnection(count: Count, connectedMs: number): void {
  count('iot.connectionMinutes', 'connections', Math.max(1, Math.ceil(connectedMs / 60_000)))
}

/** Each time that it is sent. */
export function countDelivered(count: Count, { topic, payload, properties }: Message): void {
  count('iot.messages', 'PUBLISH sent', stepsOf('iot', bytesOf(topic) + bytesOf(payload) + propertyBytes(properties)))
}

export function countAcknowledged(count: Count, { properties }: IPubackPacket): void {
  count('iot.messages', 'PUBACK', stepsOf('iot', propertyBytes(properties)))
}

export function countSubscribed(count: Count, { subscriptions, properties }: ISubscribePacket): void {
  const bytes = sum(subscriptions.map(({ topic }) => bytesOf(topic))) + propertyBytes(properties)
  count('iot.messages', 'SUBSCRIBE', stepsOf('iot', bytes))
}

type Properties = Pick<RawMessageProperties, 'responseTopic' | 'correlationData' | 'contentType'> & {
  userProperties?: unknown
  reasonString?: string
}

function propertyBytes(properties: Properties | undefined): number {
  if (!properties) return 0
  const {
    responseTopic = '',
    correlationData = '',
    contentType = '',
    reasonString = '',
    userProperties = {},
  } = properties
  // as a list of pairs, or as names with one value or several
  const named = Array.isArray(userProperties) ? userProperties : Object.entries(userProperties as object)
  const texts = named.flat(2).map(String)
  return sum([responseTopic, correlationData, contentType, reasonString, ...texts].map(bytesOf))
}

function bytesOf(part: string | Uint8Array): number {
  return typeof part === 'string' ? Buffer.byteLength(part) : part.length
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
