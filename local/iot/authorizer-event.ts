import type { ConnectRequest } from '../broker/index.ts'

/** https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-lambda.html */
export interface AuthorizerEvent {
  signatureVerified: boolean
  protocols: string[]
  protocolData: {
    tls: { serverName?: string }
    mqtt: { username?: string; password?: string; clientId: string }
  }
  connectionMetadata: { id: string }
}

/** What the service tells an authorizer of an MQTT connection over TLS, with no gateway signature. */
export function authorizerEvent(request: ConnectRequest): AuthorizerEvent {
  const { serverName, username, password, clientId, connectionId } = request
  return {
    signatureVerified: false,
    protocols: ['tls', 'mqtt'],
    protocolData: {
      tls: serverName === undefined ? {} : { serverName },
      mqtt: {
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password: password.toString('base64') }),
        clientId,
      },
    },
    connectionMetadata: { id: connectionId },
  }
}

/** The authorizer a user name asks for: `name?x-amz-customauthorizer-name=…`; undefined when it asks for none. */
export function requestedAuthorizer(username: string | undefined): string | undefined {
  const query = username?.split('?').slice(1).join('?')
  return (query && new URLSearchParams(query).get('x-amz-customauthorizer-name')) || undefined
}
