import { validateTopicName } from '#contract/topic-filter.ts'
import type { Clock } from '../../state/index.ts'
import type { BrokerLimits } from '../limits.ts'
import {
  expiryOf,
  findPropertyProblem,
  findResponseTopicProblem,
  type InboundMessage,
  type QoS,
  type RawMessageProperties,
  readMessageProperties,
} from '../message.ts'
import { isRefusal, type Refusal } from '../refusal.ts'
import { type Destination, readDestination } from './basic-ingest.ts'
import { isReservedTopic } from './reserved-topics.ts'

/** A message without a sending client: from the data-plane API or a rule action. */
export type CloudMessage = {
  topic: string
  payload: Buffer
  /** Default: 0. */
  qos?: QoS
  /** Default: false. */
  retain?: boolean
  properties?: RawMessageProperties
  /** Default: empty. */
  principalId?: string
  /** Default: empty. */
  sourceAddress?: string
}

/** A call to the broker that it refuses. */
export class BrokerError extends Error {
  readonly code: 'topic_invalid' | 'payload_too_large' | 'properties_too_large' | 'publish_throttled' | 'broker_closed'

  constructor(code: BrokerError['code'], message: string) {
    super(message)
    this.name = 'BrokerError'
    this.code = code
  }
}

type Sources = { limits: BrokerLimits; clock: Clock; newId: () => string }

/** Turns a message from the cloud into one like a client's. Throws a BrokerError that says what is wrong with it. */
export function readCloudMessage(message: CloudMessage, { limits, clock, newId }: Sources): InboundMessage {
  const { topic: name, payload, qos = 0, retain = false, principalId = '', sourceAddress = '' } = message
  const destination = readCloudDestination(name)
  if (isRefusal(destination)) throw new BrokerError('topic_invalid', destination.reason)
  const responseProblem = findResponseTopicProblem(message.properties)
  if (responseProblem) throw new BrokerError('topic_invalid', responseProblem)
  if (payload.length > limits.maxPayloadBytes) {
    const text = `a payload takes at most ${limits.maxPayloadBytes} bytes, got ${payload.length}`
    throw new BrokerError('payload_too_large', text)
  }
  const tooLarge = findPropertyProblem(message.properties, limits)
  if (tooLarge) throw new BrokerError('properties_too_large', tooLarge)
  const receivedAtMs = clock.nowMs()
  const properties = readMessageProperties(message.properties, limits)
  const expiry = expiryOf(properties, receivedAtMs)
  const facts = { clientId: 'n/a', principalId, traceId: newId(), origin: 'cloud', sourceAddress } as const
  return { ...destination, payload, qos, retain, properties, receivedAtMs, ...expiry, ...facts }
}

/** The cloud may also publish to reserved topics, as a rule's republish action does. */
function readCloudDestination(topic: string): Destination | Refusal {
  const destination = readDestination(topic)
  return isRefusal(destination) && isReservedTopic(topic) && validateTopicName(topic) === undefined
    ? { topic }
    : destination
}
