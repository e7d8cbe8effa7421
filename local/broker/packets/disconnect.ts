import type { IDisconnectPacket } from 'mqtt-packet'
import type { Client } from '../client.ts'
import { endClient, endForClientError } from '../client-ending.ts'
import type { BrokerContext } from '../context.ts'
import { formatReasonCode, REASON } from '../reason-codes.ts'

/** A DISCONNECT: prevents the Will unless it has a reason of its own, and may change how long the session lasts. */
export function handleDisconnect(context: BrokerContext, client: Client, packet: IDisconnectPacket): void {
  const { reasonCode = REASON.success, properties } = packet
  const expirySeconds = properties?.sessionExpiryInterval
  if (expirySeconds !== undefined) {
    if (client.session.expirySeconds === 0 && expirySeconds > 0) {
      const reason = `the session ends with the connection; a DISCONNECT cannot make it last ${expirySeconds} s`
      endForClientError(context, client, REASON.protocolError, reason)
      return
    }
    client.session.expirySeconds = Math.min(expirySeconds, context.limits.maxSessionExpirySeconds)
  }
  endClient(context, client, {
    disconnectReason: 'CLIENT_INITIATED_DISCONNECT',
    reason: `the client disconnected with ${formatReasonCode(reasonCode)}`,
    preventWill: reasonCode === REASON.success || context.choices.willAfterDisconnectWithReason === 'suppress',
  })
}
