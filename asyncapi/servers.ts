import { LOCAL_PORTS } from '#contract/index.ts'

/** How a device proves who it is. */
export const SECURITY_SCHEMES = {
  token: {
    type: 'userPassword',
    description:
      'The MQTT password is a JWT whose `sub` is the MQTT client id; the user name is free. `npx bridge token` makes one, a device with its own key signs one for itself (docs/connect), the token service issues one over HTTP.',
  },
  tokenAndCertificate: {
    type: 'X509',
    description: "The same token, and with it the device's own client certificate.",
  },
  certificate: { type: 'X509', description: 'The client certificate of the device, without a token.' },
} as const

interface Server {
  readonly protocol: 'secure-mqtt' | 'wss'
  readonly security: keyof typeof SECURITY_SCHEMES
  readonly localPort: number
  readonly pathname?: string
  readonly description: string
}

/** Endpoints by their kind. */
const ENDPOINTS: Readonly<Record<string, Server>> = {
  mqtt: {
    protocol: 'secure-mqtt',
    security: 'token',
    localPort: LOCAL_PORTS.mqtt,
    description: 'MQTT over TLS 1.3; on AWS with the ALPN protocol `mqtt`.',
  },
  webSocket: {
    protocol: 'wss',
    security: 'token',
    localPort: LOCAL_PORTS.wss,
    pathname: '/mqtt',
    description: 'MQTT over WebSockets, sub-protocol `mqtt`.',
  },
  mutualTls: {
    protocol: 'secure-mqtt',
    security: 'tokenAndCertificate',
    localPort: LOCAL_PORTS.mutualTls,
    description: 'Token and client certificate; only with the setting `mutualTls`.',
  },
  certificates: {
    protocol: 'secure-mqtt',
    security: 'certificate',
    localPort: LOCAL_PORTS.certificates,
    description: 'Client certificate alone; only with the setting `certificateOnly`.',
  },
}

/** The servers of the local runtime and of a deployment on AWS. */
export function servers(): Record<string, object> {
  const entries = Object.entries(ENDPOINTS).flatMap(([kind, one]) => {
    const { protocol, security, localPort, pathname, description } = one
    const facts = {
      protocol,
      protocolVersion: '5.0',
      ...(pathname !== undefined && { pathname }),
      description: `${description} MQTT 3.1.1 as well.`,
      security: [{ $ref: `#/components/securitySchemes/${security}` }],
    }
    const name = kind.charAt(0).toUpperCase() + kind.slice(1)
    return [
      [`local${name}`, { host: `localhost:${localPort}`, ...facts }],
      [
        `aws${name}`,
        {
          host: '{hostName}:443',
          ...facts,
          variables: { hostName: { description: 'as `npx bridge endpoint --aws` prints it' } },
        },
      ],
    ]
  })
  return Object.fromEntries(entries) as Record<string, object>
}
