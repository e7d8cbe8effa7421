import type { IPubackPacket, IPublishPacket } from 'mqtt-packet'
import { validateTopicName } from '#contract/topic-filter.ts'
import type { Client } from '../client.ts'
import { endClient, endForClientError, logDenial } from '../client-ending.ts'
import type { BrokerContext } from '../context.ts'
import { expiryOf, type InboundMessage, type QoS, readMessageProperties } from '../message.ts'
import { formatReasonCode, REASON } from '../reason-codes.ts'
import { type Refusal, refusal } from '../refusal.ts'
import { isReservedTopic, RESERVED_TOPIC_REASON } from '../reserved-topics.ts'

/** A PUBLISH from a client: checked, routed, and acknowledged once the topic rules have taken it. */
export function handlePublish(context: BrokerContext, client: Client, packet: IPublishPacket): void {
  const violation = findViolation(context, client, packet)
  if (violation) {
    endForClientError(context, client, violation.code, violation.reason)
    return
  }
  const { messageId } = packet
  if (messageId !== undefined && client.inboundInFlight.has(messageId)) {
    refuseRepetition(context, client, messageId)
    return
  }
  const problem = validateTopicName(packet.topic) ?? (isReservedTopic(packet.topic) ? RESERVED_TOPIC_REASON : undefined)
  if (problem) {
    refuseTopic(context, client, packet, problem)
    return
  }
  const denial = findDenial(client, packet)
  if (denial) {
    logDenial(context, client.clientId, { ...denial, reasonCode: REASON.notAuthorized })
    refusePublish(context, client, packet, refusal(REASON.notAuthorized, denial.reason), 'AUTH_ERROR')
    return
  }
  route(context, client, readMessage(context, client, packet), messageId)
}

/** What ends the connection, whatever the QoS. */
function findViolation({ limits }: BrokerContext, client: Client, packet: IPublishPacket): Refusal | undefined {
  const { qos, topic, payload, properties } = packet
  if (qos === 2) return refusal(REASON.qosNotSupported, 'a message has QoS 0 or 1, got 2')
  if (properties?.topicAlias !== undefined) {
    return refusal(REASON.topicAliasInvalid, `topic aliases are not supported, got ${properties.topicAlias}`)
  }
  if (topic === '') return refusal(REASON.protocolError, 'a topic name is not empty')
  if (properties?.subscriptionIdentifier !== undefined) {
    return refusal(REASON.protocolError, 'a client sends no subscription identifier in a PUBLISH')
  }
  const responseProblem =
    properties?.responseTopic === undefined ? undefined : validateTopicName(properties.responseTopic)
  if (responseProblem) return refusal(REASON.protocolError, `response topic: ${responseProblem}`)
  if (payload.length > limits.maxPayloadBytes) {
    return refusal(
      REASON.packetTooLarge,
      `a payload takes at most ${limits.maxPayloadBytes} bytes, got ${payload.length}`,
    )
  }
  // An MQTT 3.1.1 client was not told the maximum: it is slowed down instead, see `hold`.
  if (qos === 1 && client.protocolVersion === 5 && client.inboundInFlight.size >= limits.maxInboundInFlight) {
    const reason = `at most ${limits.maxInboundInFlight} QoS 1 messages may wait for their PUBACK`
    return refusal(REASON.receiveMaximumExceeded, reason)
  }
  return undefined
}

function findDenial(client: Client, { topic, retain }: IPublishPacket) {
  const actions = retain ? (['publish', 'retainPublish'] as const) : (['publish'] as const)
  for (const action of actions) {
    const { allowed, reason } = client.authorize(action, topic)
    if (!allowed) return { action, name: topic, reason }
  }
  return undefined
}

/** The first PUBLISH with this identifier is still being handled, and will be acknowledged. */
function refuseRepetition(context: BrokerContext, client: Client, messageId: number): void {
  const { clientId, protocolVersion } = client
  context.log({ level: 'debug', event: 'packet_id_in_use', clientId, messageId })
  if (protocolVersion === 5) client.send({ cmd: 'puback', messageId, reasonCode: REASON.packetIdentifierInUse })
}

function refuseTopic(context: BrokerContext, client: Client, packet: IPublishPacket, reason: string): void {
  const { clientId } = client
  const reasonCode = formatReasonCode(REASON.topicNameInvalid)
  context.log({ level: 'warn', event: 'publish_refused', clientId, topic: packet.topic, reasonCode, reason })
  refusePublish(context, client, packet, refusal(REASON.topicNameInvalid, reason), 'CLIENT_ERROR')
}

/** A PUBACK can carry the refusal in MQTT 5 at QoS 1 only; else the connection ends. The log already says why. */
function refusePublish(
  context: BrokerContext,
  client: Client,
  { messageId, topic }: Pick<IPublishPacket, 'messageId' | 'topic'>,
  { code, reason }: Refusal,
  disconnectReason: 'AUTH_ERROR' | 'CLIENT_ERROR' | 'SERVER_ERROR',
): void {
  if (client.protocolVersion === 4 || messageId === undefined) {
    endClient(context, client, { disconnectReason, reasonCode: code, reason: `PUBLISH to ${topic} refused: ${reason}` })
    return
  }
  client.send({ cmd: 'puback', messageId, reasonCode: code })
}

function readMessage({ limits, clock, newId }: BrokerContext, client: Client, packet: IPublishPacket): InboundMessage {
  const receivedAtMs = clock.nowMs()
  const properties = readMessageProperties(packet.properties, limits)
  const qos: QoS = packet.qos === 1 ? 1 : 0
  return {
    topic: packet.topic,
    payload: typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload,
    qos,
    properties,
    receivedAtMs,
    ...expiryOf(properties, receivedAtMs),
    retain: packet.retain,
    clientId: client.clientId,
    principalId: client.principalId,
    traceId: newId(),
    sourceAddress: client.connection.remoteAddress,
  }
}

function route(context: BrokerContext, client: Client, message: InboundMessage, messageId: number | undefined): void {
  const { clientId, inboundInFlight } = client
  if (messageId !== undefined) hold(context, client, messageId)
  context.router.route(message).then(
    () => {
      if (messageId === undefined) return
      inboundInFlight.delete(messageId)
      client.send(acknowledgement(client, messageId))
      client.connection.resume()
    },
    (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      const { topic, traceId } = message
      context.log({ level: 'error', event: 'publish_failed', clientId, topic, traceId, reason })
      if (messageId === undefined) return
      inboundInFlight.delete(messageId)
      client.connection.resume()
      const failure = refusal(REASON.unspecifiedError, 'the message could not be handled')
      refusePublish(context, client, { topic, messageId }, failure, 'SERVER_ERROR')
    },
  )
}

/** Counts the message as unacknowledged; an MQTT 3.1.1 client at the limit is not read from until that changes. */
function hold({ limits }: BrokerContext, { inboundInFlight, connection }: Client, messageId: number): void {
  inboundInFlight.add(messageId)
  if (inboundInFlight.size >= limits.maxInboundInFlight && connection.protocolVersion === 4) connection.pause()
}

function acknowledgement({ protocolVersion }: Client, messageId: number): IPubackPacket {
  return protocolVersion === 5 ? { cmd: 'puback', messageId, reasonCode: REASON.success } : { cmd: 'puback', messageId }
}
