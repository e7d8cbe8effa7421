import type { ConnectionRecord } from '../../broker/index.ts'
import { dataPlaneError } from './errors.ts'
import { json, type Operation, type OperationContext } from './operation.ts'
import { checkClientId, flag } from './parameters.ts'

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_DeleteConnection.html */
export const deleteConnection: Operation = {
  method: 'DELETE',
  path: /^\/connections\/([^/]+)$/,
  actions: (_, clientId, arnPrefix) => [
    { action: 'iot:DeleteConnection', resource: `${arnPrefix}:client/${clientId}` },
  ],
  run(request, clientId, context) {
    checkClientId(clientId)
    takeTurn('DeleteConnection', clientId, context)
    const options = { cleanSession: flag(request, 'cleanSession'), preventWill: flag(request, 'preventWillMessage') }
    if (!context.broker.disconnect(clientId, options)) throw notFound(clientId)
    return { status: 200, body: '' }
  },
}

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_GetConnection.html */
export const getConnection: Operation = {
  method: 'GET',
  path: /^\/connections\/([^/]+)$/,
  actions: (_, clientId, arnPrefix) => [{ action: 'iot:GetConnection', resource: `${arnPrefix}:client/${clientId}` }],
  run(request, clientId, context) {
    checkClientId(clientId)
    takeTurn('GetConnection', clientId, context)
    const withSocket = flag(request, 'includeSocketInformation')
    const record = context.broker.connectionRecord(clientId)
    if (!record) throw notFound(clientId)
    return json(200, { clientId, ...describe(record), ...(withSocket && record.connected && record.socket) })
  },
}

function describe(record: ConnectionRecord) {
  const { connected, keepAliveSeconds, sessionExpirySeconds, thingName } = record
  return {
    connected,
    ...(thingName !== undefined && { thingName }),
    cleanSession: sessionExpirySeconds === 0,
    keepAliveDuration: keepAliveSeconds,
    sessionExpiry: sessionExpirySeconds,
    ...(record.connected
      ? { connectedSince: record.connectedAtMs }
      : { disconnectedSince: record.disconnectedAtMs, disconnectReason: record.disconnectReason }),
  }
}

/** https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_ListSubscriptions.html is not limited for each client. */
function takeTurn(operation: string, clientId: string, { rate }: OperationContext): void {
  if (rate.take(operation, clientId)) return
  throw dataPlaneError('ThrottlingException', `${operation}: one call a second for each client id`)
}

export function notFound(clientId: string) {
  return dataPlaneError('ResourceNotFoundException', `no client is known as ${clientId}`)
}
