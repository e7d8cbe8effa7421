/** What is known of a connection before its first MQTT packet. */
export type TransportFacts = {
  remoteAddress: string
  remotePort?: number
  localAddress?: string
  localPort?: number
  /** The name the client asked for in the TLS handshake (SNI). */
  serverName?: string
  /** The listener that took it, by the name it was opened with. */
  listener?: string
  /** Of the request that became a WebSocket. */
  http?: HttpFacts
  /** PEM of the certificate that the client proved to hold. */
  clientCertificatePem?: string
}

export type HttpFacts = {
  /** Names in lower case; repeated headers joined with a comma. */
  headers: Record<string, string>
  /** With the leading `?`; empty when there is none. */
  queryString: string
}

/** What else a transport tells of a connection. */
export type ConnectionFacts = TransportFacts & {
  /** Tells whether the peer ended the connection in an orderly way of its transport, which prevents the Will like a DISCONNECT. */
  saidGoodbye?: () => boolean
  /** The transport ends the connection after this time. */
  maxLifetimeMs?: number
}
