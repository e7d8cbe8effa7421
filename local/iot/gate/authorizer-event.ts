import type { HttpFacts } from '../../broker/index.ts'

/** https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-lambda.html */
export interface AuthorizerEvent {
  /** What the authorizer's token key names, when it has one. */
  token?: string
  /** The gateway has checked the token's signature. */
  signatureVerified: boolean
  protocols: ('tls' | 'http' | 'mqtt')[]
  protocolData: {
    tls: { serverName?: string; x509CertificatePem?: string; principalId?: string }
    http?: HttpFacts
    mqtt?: { username?: string; password?: string; clientId: string }
  }
  connectionMetadata: { id: string }
}

/** What a connection or a request says, before anything of it is believed. */
export interface AuthorizerRequest {
  connectionId: string
  serverName?: string | undefined
  http?: HttpFacts | undefined
  mqtt?: { clientId: string; username?: string | undefined; password?: Buffer | undefined } | undefined
  /** Verified; the id is what the service calls the principal of the certificate. */
  certificate?: { pem: string; certificateId: string } | undefined
}

/**
 * What the service tells an authorizer. Whether `protocols` lists all layers of a WebSocket is not documented; the one sample does.
 */
export function authorizerEvent(
  { connectionId, serverName, http, mqtt, certificate }: AuthorizerRequest,
  checked: { token?: string; signatureVerified: boolean },
): AuthorizerEvent {
  return {
    ...checked,
    protocols: ['tls', ...(http ? (['http'] as const) : []), ...(mqtt ? (['mqtt'] as const) : [])],
    protocolData: {
      tls: {
        ...(serverName !== undefined && { serverName }),
        ...(certificate && { x509CertificatePem: certificate.pem, principalId: certificate.certificateId }),
      },
      ...(http && { http }),
      ...(mqtt && {
        mqtt: {
          ...(mqtt.username !== undefined && { username: mqtt.username }),
          ...(mqtt.password !== undefined && { password: mqtt.password.toString('base64') }),
          clientId: mqtt.clientId,
        },
      }),
    },
    connectionMetadata: { id: connectionId },
  }
}
