import type { IPubackPacket } from 'mqtt-packet'
import { type Client, observedConnection } from '../client.ts'
import { endClient, endForClientError, endRunOfDiscards, logDenial } from '../client-ending.ts'
import type { BrokerContext } from '../context.ts'
import { expiryOf, type InboundMessage, type QoS, readMessageProperties } from '../message.ts'
import { countPublished } from '../metering.ts'
import { formatReasonCode, REASON } from '../reason-codes.ts'
import { isRefusal, type Refusal, refusal } from '../refusal.ts'
import { type Destination, readDestination } from '../routing/basic-ingest.ts'
import type { PublishPacket } from '../wire/packets.ts'
import { type Denial, findDenial, findViolation, resolveTopic } from './publish-checks.ts'

/** A PUBLISH from a client: checked, routed, and acknowledged once the topic rules have taken it. */
export function handlePublish(context: BrokerContext, client: Client, packet: PublishPacket): void {
  const violation = findViolation(context, client, packet)
  const name = violation ?? resolveTopic(context, client, packet)
  if (typeof name !== 'string') {
    endForClientError(context, client, name.code, name.reason)
    return
  }
  countPublished(context.count, name, packet)
  const { messageId } = packet
  if (messageId !== undefined && client.inboundInFlight.has(messageId)) {
    refuseRepetition(context, client, messageId)
    return
  }
  if (!client.rates.inbound.take()) {
    discard(context, client, name, messageId)
    return
  }
  endRunOfDiscards(context, client)
  const destination = findDestination(name, packet.retain)
  if (isRefusal(destination)) {
    tellRefused(context, client, name, destination)
    refusePublish(context, client, name, messageId, destination, 'CLIENT_ERROR')
    return
  }
  const denial = findDenial(client, name, packet.retain)
  if (denial) {
    refuseDenied(context, client, messageId, denial)
    return
  }
  const message = readMessage(context, client, packet, destination)
  const quotaProblem = message.retain ? context.retained.findQuotaProblem(message) : undefined
  if (quotaProblem) {
    const overQuota = refusal(REASON.quotaExceeded, quotaProblem)
    tellRefused(context, client, name, overQuota)
    answerOverRate(context, client, messageId)
    return
  }
  route(context, client, message, { name, messageId })
}

/** https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html: no retained messages on reserved topics. */
function findDestination(name: string, retain: boolean): Destination | Refusal {
  const destination = readDestination(name)
  if (isRefusal(destination) || destination.basicIngestRule === undefined || !retain) return destination
  return refusal(REASON.topicNameInvalid, 'a message to a reserved topic is not retained')
}

/** The first PUBLISH with this identifier is still being handled, and will be acknowledged. */
function refuseRepetition(context: BrokerContext, client: Client, messageId: number): void {
  const { clientId, protocolVersion } = client
  context.log({ level: 'debug', event: 'packet_id_in_use', clientId, messageId })
  if (protocolVersion === 5) client.send({ cmd: 'puback', messageId, reasonCode: REASON.packetIdentifierInUse })
}

/** The message is over the rate of its connection. */
function discard(context: BrokerContext, client: Client, topic: string, messageId: number | undefined): void {
  const reason = `more than ${context.limits.maxPublishesPerSecond} messages a second are discarded`
  observeRefused(context, client, topic, refusal(REASON.quotaExceeded, reason))
  if (client.discardedInRun === 0) {
    context.log({ level: 'warn', event: 'publish_throttled', clientId: client.clientId, topic, reason })
  }
  client.discardedInRun += 1
  answerOverRate(context, client, messageId)
}

function answerOverRate({ choices }: BrokerContext, client: Client, messageId: number | undefined): void {
  if (messageId === undefined || client.protocolVersion === 4 || choices.overRatePublishV5 === 'discard') return
  client.send({ cmd: 'puback', messageId, reasonCode: REASON.quotaExceeded })
}

function tellRefused(context: BrokerContext, client: Client, topic: string, refused: Refusal): void {
  const { code, reason } = refused
  const { clientId } = client
  context.log({ level: 'warn', event: 'publish_refused', clientId, topic, reasonCode: formatReasonCode(code), reason })
  observeRefused(context, client, topic, refused)
}

function observeRefused({ observer }: BrokerContext, client: Client, topic: string, { code, reason }: Refusal): void {
  observer?.publishRefused({ ...observedConnection(client), topic, reasonCode: code, reason })
}

function refuseDenied(context: BrokerContext, client: Client, messageId: number | undefined, denial: Denial): void {
  logDenial(context, client.clientId, { ...denial, reasonCode: REASON.notAuthorized })
  observeRefused(context, client, denial.name, refusal(REASON.notAuthorized, denial.reason))
  const { deniedPublishV4, deniedPublishQos0V5 } = context.choices
  if (client.protocolVersion === 4 && deniedPublishV4 === 'discard') return
  if (client.protocolVersion === 5 && messageId === undefined && deniedPublishQos0V5 === 'discard') return
  const denied = refusal(REASON.notAuthorized, denial.reason)
  refusePublish(context, client, denial.name, messageId, denied, 'AUTH_ERROR')
}

/** A PUBACK can carry the refusal in MQTT 5 at QoS 1 only; else the connection ends. The log already says why. */
function refusePublish(
  context: BrokerContext,
  client: Client,
  topic: string,
  messageId: number | undefined,
  { code, reason }: Refusal,
  disconnectReason: 'AUTH_ERROR' | 'CLIENT_ERROR' | 'SERVER_ERROR',
): void {
  if (client.protocolVersion === 4 || messageId === undefined) {
    endClient(context, client, { disconnectReason, reasonCode: code, reason: `PUBLISH to ${topic} refused: ${reason}` })
    return
  }
  client.send({ cmd: 'puback', messageId, reasonCode: code })
}

function readMessage(
  { limits, clock, newId }: BrokerContext,
  client: Client,
  packet: PublishPacket,
  destination: Destination,
): InboundMessage {
  const receivedAtMs = clock.nowMs()
  const properties = readMessageProperties(packet.properties, limits)
  const qos: QoS = packet.qos === 1 ? 1 : 0
  return {
    ...destination,
    payload: typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload,
    qos,
    properties,
    receivedAtMs,
    ...expiryOf(properties, receivedAtMs),
    retain: packet.retain,
    clientId: client.clientId,
    principalId: client.principalId,
    traceId: newId(),
    origin: 'client',
    sourceAddress: client.connection.remoteAddress,
  }
}

function route(
  context: BrokerContext,
  client: Client,
  message: InboundMessage,
  { name, messageId }: { name: string; messageId: number | undefined },
): void {
  const { clientId, inboundInFlight } = client
  const { observer } = context
  if (messageId !== undefined) hold(context, client, messageId)
  const facts = observer && { connectionId: client.connection.id, reason: client.authorize('publish', name).reason }
  context.router.route(message, facts).then(
    () => {
      if (messageId === undefined) return
      inboundInFlight.delete(messageId)
      client.send(acknowledgement(client, messageId))
      observer?.accepted(message)
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
      refusePublish(context, client, topic, messageId, failure, 'SERVER_ERROR')
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
