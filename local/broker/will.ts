import { validateTopicName } from '#contract/topic-filter.ts'
import type { BrokerLimits } from './limits.ts'
import {
  findPropertyProblem,
  findResponseTopicProblem,
  type MessageProperties,
  type QoS,
  readMessageProperties,
} from './message.ts'
import { REASON } from './reason-codes.ts'
import { type Refusal, refusal } from './refusal.ts'
import { isReservedTopic, RESERVED_TOPIC_REASON } from './routing/reserved-topics.ts'
import type { WillFields } from './wire/packets.ts'

/** The message the broker publishes for a client whose connection ended without a DISCONNECT. */
export type Will = { topic: string; payload: Buffer; qos: QoS; retain: boolean; properties: MessageProperties }

/**
 * Reads the Will of a CONNECT. AWS IoT Core has no Will Delay: that property is ignored.
 * A Will's payload needs no check: its length field ends at 64 KB.
 */
export function readWill(will: WillFields, limits: BrokerLimits): Will | Refusal {
  const { topic, qos = 0, retain = false, properties } = will
  const payload = typeof will.payload === 'string' ? Buffer.from(will.payload) : will.payload
  if (qos === 2) return refusal(REASON.qosNotSupported, 'a Will has QoS 0 or 1, got 2')
  const problem = validateTopicName(topic) ?? (isReservedTopic(topic) ? RESERVED_TOPIC_REASON : undefined)
  if (problem) return refusal(REASON.topicNameInvalid, `Will: ${problem}`)
  const responseProblem = findResponseTopicProblem(properties)
  if (responseProblem) return refusal(REASON.topicNameInvalid, `Will: ${responseProblem}`)
  const tooLarge = findPropertyProblem(properties, limits)
  if (tooLarge) return refusal(REASON.quotaExceeded, `Will: ${tooLarge}`)
  return { topic, payload, qos, retain, properties: readMessageProperties(properties, limits) }
}
