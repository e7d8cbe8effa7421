import type { Client } from '../client.ts'
import type { BrokerContext } from '../context.ts'
import { findPropertyProblem, findResponseTopicProblem } from '../message.ts'
import type { AuthorizeAction } from '../options.ts'
import { REASON } from '../reason-codes.ts'
import { type Refusal, refusal } from '../refusal.ts'
import type { PublishPacket } from '../wire/packets.ts'

/** What ends the connection, whatever the QoS. */
export function findViolation(
  { limits, choices }: BrokerContext,
  client: Client,
  { qos, payload, properties }: PublishPacket,
): Refusal | undefined {
  if (qos === 2) return refusal(REASON.qosNotSupported, 'a message has QoS 0 or 1, got 2')
  if (properties?.subscriptionIdentifier !== undefined) {
    return refusal(REASON.protocolError, 'a client sends no subscription identifier in a PUBLISH')
  }
  const responseProblem = findResponseTopicProblem(properties)
  if (responseProblem) return refusal(REASON.protocolError, responseProblem)
  if (payload.length > limits.maxPayloadBytes) {
    return refusal(choices.tooLargeV5, `a payload takes at most ${limits.maxPayloadBytes} bytes, got ${payload.length}`)
  }
  const tooLarge = findPropertyProblem(properties, limits)
  if (tooLarge) return refusal(REASON.quotaExceeded, tooLarge)
  // An MQTT 3.1.1 client was not told the maximum: it is slowed down instead.
  if (qos === 1 && client.protocolVersion === 5 && client.inboundInFlight.size >= limits.maxInboundInFlight) {
    const reason = `at most ${limits.maxInboundInFlight} QoS 1 messages may wait for their PUBACK`
    return refusal(REASON.receiveMaximumExceeded, reason)
  }
  return undefined
}

/** Sets and resolves topic aliases: the topic that is meant, or what is wrong. OASIS MQTT 5.0, 3.3.2.3.4 */
export function resolveTopic({ limits }: BrokerContext, client: Client, packet: PublishPacket): string | Refusal {
  const { topic, properties } = packet
  const alias = properties?.topicAlias
  if (alias === undefined) return topic === '' ? refusal(REASON.protocolError, 'a topic name is not empty') : topic
  if (alias < 1 || alias > limits.maxTopicAliases) {
    return refusal(REASON.topicAliasInvalid, `a topic alias is 1 to ${limits.maxTopicAliases}, got ${alias}`)
  }
  if (topic !== '') {
    client.topicAliases.set(alias, topic)
    return topic
  }
  return client.topicAliases.get(alias) ?? refusal(REASON.protocolError, `topic alias ${alias} was never set`)
}

export type Denial = { action: AuthorizeAction; name: string; reason: string }

export function findDenial(client: Client, name: string, retain: boolean): Denial | undefined {
  const actions = retain ? (['publish', 'retainPublish'] as const) : (['publish'] as const)
  for (const action of actions) {
    const { allowed, reason } = client.authorize(action, name)
    if (!allowed) return { action, name, reason }
  }
  return undefined
}
