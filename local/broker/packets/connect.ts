import type { IConnackPacket } from 'mqtt-packet'
import type { Identity } from '../authentication.ts'
import { type Client, observedConnection } from '../client.ts'
import { endClient, logDenial } from '../client-ending.ts'
import { type ConnectTerms, readConnect } from '../connect-request.ts'
import { startConnectionLife } from '../connection-life.ts'
import type { BrokerContext } from '../context.ts'
import { createKeepAlive } from '../keep-alive.ts'
import { countConnect } from '../metering.ts'
import type { AuthorizeAction, ConnectRequest } from '../options.ts'
import { createClientRates } from '../rates/client-rates.ts'
import { CONNACK_V4, formatReasonCode, REASON } from '../reason-codes.ts'
import { isRefusal, type Refusal, refusal } from '../refusal.ts'
import type { Delivery } from '../sessions/delivery.ts'
import { createDeliveryWindow } from '../sessions/delivery-window.ts'
import { createOutlet } from '../sessions/outlet.ts'
import type { Session } from '../sessions/session.ts'
import type { Connection } from '../wire/connection.ts'
import type { ConnectPacket } from '../wire/packets.ts'

/**
 * Takes a client through CONNECT: terms, identity, rights, takeover, session, CONNACK. Undefined when it was refused
 * or has gone meanwhile; the connection is ended then.
 */
export async function handleConnect(
  context: BrokerContext,
  connection: Connection,
  packet: ConnectPacket,
): Promise<Client | undefined> {
  const startedAt = performance.now()
  connection.protocolVersion = packet.protocolVersion === 5 ? 5 : 4
  const terms = readConnect(packet, context.newId, context.limits)
  if (isRefusal(terms)) {
    refuse(context, connection, packet.clientId, terms)
    tellRefused(packet.clientId, terms.code, terms.reason)
    return undefined
  }
  countConnect(context.count, packet)
  connection.peerMaxPacketBytes = terms.maxPacketBytes

  const identity = await context.authenticate(describe(connection, packet, terms))
  if (!connection.open) return undefined
  const denial = 'denied' in identity ? describeDenial(terms, identity.denied) : checkRights(terms, identity)
  if ('denied' in identity) {
    const reasonCode = context.choices.refusedAuthenticationV5
    refuseDenied(context, connection, terms, denial, reasonCode)
    tellRefused(terms.clientId, reasonCode, identity.denied)
    return undefined
  }
  if (denial) {
    const { principalId, thingName } = identity
    const { id: connectionId, remoteAddress } = connection
    context.events.connectFailed({ clientId: terms.clientId, principalId, thingName, connectionId, remoteAddress })
    refuseDenied(context, connection, terms, denial, REASON.notAuthorized)
    tellRefused(terms.clientId, REASON.notAuthorized, denial.reason)
    return undefined
  }
  // only now: a stranger must not use up the rate of a client id
  if (!context.connectRate.take(terms.clientId)) {
    const reason = `a client id connects ${context.limits.maxConnectsPerSecondPerClientId} time a second`
    refuse(context, connection, terms.clientId, refusal(REASON.quotaExceeded, reason))
    tellRefused(terms.clientId, REASON.quotaExceeded, reason)
    return undefined
  }

  const previous = context.clients.get(terms.clientId)
  if (previous) takeOver(context, previous)
  const { session, present } = context.sessions.open({
    clientId: terms.clientId,
    protocolVersion: terms.protocolVersion,
    cleanStart: terms.cleanStart,
    expirySeconds: terms.sessionExpirySeconds,
  })
  connection.send(writeConnack(context, terms, present))
  const client = admit(context, connection, terms, identity, session)
  const { reason } = identity.authorize('connect', terms.clientId)
  context.observer?.connected({
    ...observedConnection(client),
    principalId: client.principalId,
    durationMs: performance.now() - startedAt,
    reason,
  })
  return client

  function tellRefused(clientId: string, reasonCode: number, reason: string): void {
    const { id: connectionId, protocolVersion } = connection
    const durationMs = performance.now() - startedAt
    context.observer?.connectRefused({ clientId, connectionId, protocolVersion, durationMs, reasonCode, reason })
  }
}

function describe(connection: Connection, packet: ConnectPacket, terms: ConnectTerms): ConnectRequest {
  const { saidGoodbye: _, maxLifetimeMs: __, ...transport } = connection.facts
  return {
    clientId: terms.clientId,
    ...(packet.username === undefined ? {} : { username: packet.username }),
    ...(packet.password === undefined ? {} : { password: packet.password }),
    protocolVersion: terms.protocolVersion,
    transport,
    connectionId: connection.id,
    persistent: terms.sessionExpirySeconds > 0,
    ...(terms.will ? { willTopic: terms.will.topic } : {}),
  }
}

function refuseDenied(
  context: BrokerContext,
  connection: Connection,
  { clientId }: ConnectTerms,
  denial: Denial | undefined,
  reasonCode: number,
): void {
  if (denial) logDenial(context, clientId, { ...denial, reasonCode })
  endWithConnack(connection, reasonCode)
}

type Denial = { action: AuthorizeAction; name: string; reason: string }

function describeDenial(terms: ConnectTerms, reason: string): Denial {
  return { action: 'connect', name: terms.clientId, reason }
}

/** A client that may not publish its Will may not connect. */
function checkRights({ clientId, will }: ConnectTerms, identity: Identity): Denial | undefined {
  const needed: [AuthorizeAction, string][] = [['connect', clientId]]
  if (will) needed.push(['publish', will.topic])
  if (will?.retain) needed.push(['retainPublish', will.topic])
  for (const [action, name] of needed) {
    const { allowed, reason } = identity.authorize(action, name)
    if (!allowed) return { action, name, reason }
  }
  return undefined
}

function refuse(context: BrokerContext, connection: Connection, clientId: string, { code, reason }: Refusal): void {
  const reasonCode = formatReasonCode(code)
  context.log({ level: 'warn', event: 'connect_refused', clientId, connectionId: connection.id, reasonCode, reason })
  endWithConnack(connection, code, reason)
}

const RETURN_CODES_V4 = new Map<number, number>([
  [REASON.unsupportedProtocolVersion, CONNACK_V4.unacceptableProtocolVersion],
  [REASON.clientIdentifierNotValid, CONNACK_V4.identifierRejected],
  [REASON.badUserNameOrPassword, CONNACK_V4.notAuthorized],
  [REASON.notAuthorized, CONNACK_V4.notAuthorized],
])

/** MQTT 3.1.1 has no return code for some refusals: the connection is then closed without a CONNACK. */
function endWithConnack(connection: Connection, reasonCode: number, reason?: string): void {
  if (connection.protocolVersion === 5) {
    const properties = reason === undefined ? {} : { properties: { reasonString: reason } }
    connection.end({ cmd: 'connack', sessionPresent: false, reasonCode, ...properties })
    return
  }
  const returnCode = RETURN_CODES_V4.get(reasonCode)
  connection.end(returnCode === undefined ? undefined : { cmd: 'connack', sessionPresent: false, returnCode })
}

function takeOver(context: BrokerContext, previous: Client): void {
  endClient(context, previous, {
    disconnectReason: 'DUPLICATE_CLIENTID',
    reasonCode: REASON.sessionTakenOver,
    reason: 'another connection uses the client id',
    tell: true,
  })
}

/** What AWS lists for CONNACK. Shared Subscription Available is not in its list: left out, it means yes. OASIS MQTT 5.0, 3.2.2.3 */
function writeConnack({ limits }: BrokerContext, terms: ConnectTerms, sessionPresent: boolean): IConnackPacket {
  if (terms.protocolVersion === 4) return { cmd: 'connack', sessionPresent, returnCode: CONNACK_V4.accepted }
  return {
    cmd: 'connack',
    sessionPresent,
    reasonCode: REASON.success,
    properties: {
      sessionExpiryInterval: terms.sessionExpirySeconds,
      receiveMaximum: limits.maxInboundInFlight,
      maximumQoS: 1,
      retainAvailable: true,
      maximumPacketSize: limits.maxPacketBytes,
      topicAliasMaximum: limits.maxTopicAliases,
      ...(terms.assigned ? { assignedClientIdentifier: terms.clientId } : {}),
      wildcardSubscriptionAvailable: true,
      subscriptionIdentifiersAvailable: false,
      serverKeepAlive: terms.keepAliveSeconds,
    },
  }
}

function admit(
  context: BrokerContext,
  connection: Connection,
  terms: ConnectTerms,
  identity: Identity,
  session: Session,
): Client {
  const { clock, limits, choices } = context
  const keepAlive = createKeepAlive({
    silenceMs: terms.keepAliveSeconds * limits.keepAliveFactor * 1_000,
    clock,
    onSilence: () =>
      endClient(context, client, {
        disconnectReason: 'MQTT_KEEP_ALIVE_TIMEOUT',
        reasonCode: REASON.keepAliveTimeout,
        reason: `silent for longer than the keep-alive of ${terms.keepAliveSeconds} s allows`,
        tell: true,
      }),
  })
  let retired = false
  const client: Client = {
    clientId: terms.clientId,
    principalId: identity.principalId,
    protocolVersion: terms.protocolVersion,
    connection,
    session,
    will: terms.will,
    connectedAtMs: clock.nowMs(),
    keepAliveSeconds: terms.keepAliveSeconds,
    authorizedUntilMs: identity.disconnectAfterSeconds && clock.nowMs() + identity.disconnectAfterSeconds * 1_000,
    inboundInFlight: new Set(),
    rates: createClientRates(limits, choices, clock),
    topicAliases: new Map(),
    discardedInRun: 0,
    versionNumber: context.events.nextVersion(terms.clientId),
    thingName: identity.thingName,
    authorize: identity.authorize,
    send: (packet) => void connection.send(packet),
    heard: keepAlive.heard,
    retire() {
      const first = !retired
      retired = true
      keepAlive.close()
      endLife()
      return first
    },
  }
  const endLife = startConnectionLife(context, client, identity)
  context.clients.set(client.clientId, client)
  recordConnection(context, client)
  const { clientId, protocolVersion, principalId, keepAliveSeconds } = client
  const { id: connectionId, remoteAddress } = connection
  const facts = { clientId, connectionId, protocolVersion, principalId, keepAliveSeconds, remoteAddress }
  context.log({ level: 'info', event: 'client_connected', ...facts })
  context.sessions.attach(session, createOutlet(context, client, createDeliveryWindow<Delivery>(terms.receiveMaximum)))
  context.events.connected(client)
  return client
}

function recordConnection({ records }: BrokerContext, client: Client): void {
  const { thingName } = client
  const { remoteAddress, remotePort, localAddress, localPort } = client.connection.facts
  records.connected(client.clientId, {
    keepAliveSeconds: client.keepAliveSeconds,
    sessionExpirySeconds: client.session.expirySeconds,
    ...(thingName !== undefined && { thingName }),
    socket: {
      sourceIp: remoteAddress,
      ...(remotePort !== undefined && { sourcePort: remotePort }),
      ...(localAddress !== undefined && { targetIp: localAddress }),
      ...(localPort !== undefined && { targetPort: localPort }),
    },
  })
}
