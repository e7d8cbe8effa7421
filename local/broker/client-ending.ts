import { type Client, observedConnection } from './client.ts'
import type { BrokerContext } from './context.ts'
import type { DisconnectReason } from './disconnect-reason.ts'
import { expiryOf } from './message.ts'
import { countConnection } from './metering.ts'
import { formatReasonCode } from './reason-codes.ts'
import type { Will } from './will.ts'

export type Ending = {
  disconnectReason: DisconnectReason
  /** For the log, and for the client when `tell` is set. */
  reason: string
  /** DISCONNECT reason code for an MQTT 5 client. Absent: none is sent. */
  reasonCode?: number
  /** An MQTT 5 client gets the reason as text. Default: false. */
  tell?: boolean
  /** Default: the Will is published. */
  preventWill?: boolean
  /** Ends the session with the connection. Default: false. */
  cleanSession?: boolean
  /** Publishes no lifecycle event. Default: false. */
  silent?: boolean
}

/** Ends a client's connection: releases its session and publishes its Will. Does nothing for one that has ended. */
export function endClient(context: BrokerContext, client: Client, ending: Ending): void {
  if (!client.retire()) return
  endRunOfDiscards(context, client)
  countConnection(context.count, context.clock.nowMs() - client.connectedAtMs)
  const { clientId, connection, session, protocolVersion, will } = client
  const {
    disconnectReason,
    reason,
    reasonCode,
    tell = false,
    preventWill = false,
    cleanSession = false,
    silent = false,
  } = ending
  context.log({
    level: isOrdinary(disconnectReason) ? 'info' : 'warn',
    event: 'client_disconnected',
    clientId,
    connectionId: connection.id,
    disconnectReason,
    reason,
    ...(reasonCode === undefined ? {} : { reasonCode: formatReasonCode(reasonCode) }),
  })
  context.observer?.disconnected({ ...observedConnection(client), disconnectReason, reason })
  if (reasonCode === undefined || protocolVersion === 4) connection.end()
  else connection.end({ cmd: 'disconnect', reasonCode, ...(tell ? { properties: { reasonString: reason } } : {}) })
  if (context.clients.get(clientId) === client) {
    context.clients.delete(clientId)
    context.records.disconnected(clientId, disconnectReason)
  }
  session.detach()
  if (cleanSession) context.sessions.discard(session)
  else context.sessions.release(session)
  if (!silent) context.events.disconnected(client, disconnectReason)
  if (will && !preventWill) publishWill(context, client, will)
}

/** Ends the connection of a client that sent what it may not send. MQTT 3.1.1 has no DISCONNECT from the server. */
export function endForClientError(context: BrokerContext, client: Client, reasonCode: number, reason: string): void {
  endClient(context, client, { disconnectReason: 'CLIENT_ERROR', reasonCode, reason, tell: true })
}

/** Says how many publishes were discarded over the rate, once there is one within it or the connection ends. */
export function endRunOfDiscards({ log }: BrokerContext, client: Client): void {
  const { clientId, discardedInRun } = client
  if (discardedInRun === 0) return
  client.discardedInRun = 0
  log({ level: 'warn', event: 'publish_throttle_ended', clientId, discarded: discardedInRun })
}

/** Logs a denial by the policy. Deliveries are denied often, so they are logged at debug. */
export function logDenial(
  context: BrokerContext,
  clientId: string,
  denial: { action: string; name: string; reason: string; reasonCode?: number },
): void {
  context.log({
    level: denial.action === 'receive' ? 'debug' : 'warn',
    event: 'denied',
    clientId,
    ...denial,
    ...(denial.reasonCode === undefined ? {} : { reasonCode: formatReasonCode(denial.reasonCode) }),
  })
}

/** Rights were checked at CONNECT. The message expiry of a Will counts from the disconnect. */
function publishWill(context: BrokerContext, client: Client, will: Will): void {
  const { clientId, principalId, connection } = client
  const receivedAtMs = context.clock.nowMs()
  const quotaProblem = will.retain ? context.retained.findQuotaProblem(will) : undefined
  if (quotaProblem)
    context.log({ level: 'warn', event: 'will_not_retained', clientId, topic: will.topic, reason: quotaProblem })
  const message = {
    ...will,
    retain: will.retain && quotaProblem === undefined,
    ...expiryOf(will.properties, receivedAtMs),
    clientId,
    principalId,
    receivedAtMs,
    traceId: context.newId(),
    origin: 'client',
    sourceAddress: connection.remoteAddress,
  } as const
  context.router.route(message, { connectionId: connection.id }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    const { topic, traceId } = message
    context.log({ level: 'error', event: 'will_failed', clientId, topic, traceId, reason })
  })
}

function isOrdinary(disconnectReason: DisconnectReason): boolean {
  return ['CLIENT_INITIATED_DISCONNECT', 'SERVER_INITIATED_DISCONNECT', 'CONNECTION_LOST'].includes(disconnectReason)
}
