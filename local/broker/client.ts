import type { ProtocolVersion } from './message.ts'
import type { ObservedConnection } from './observer.ts'
import type { AuthorizeAction, Decision } from './options.ts'
import type { ClientRates } from './rates/client-rates.ts'
import type { Session } from './sessions/session.ts'
import type { Will } from './will.ts'
import type { Connection } from './wire/connection.ts'
import type { SentPacket } from './wire/packets.ts'

/** A connected client: what CONNECT established, until the connection ends. */
export type Client = {
  readonly clientId: string
  readonly principalId: string
  readonly protocolVersion: ProtocolVersion
  readonly connection: Connection
  readonly session: Session
  readonly will: Will | undefined
  readonly connectedAtMs: number
  readonly keepAliveSeconds: number
  /** When the authorizer's word ends, whatever the client does; undefined: never. */
  readonly authorizedUntilMs: number | undefined
  /** Packet identifiers of QoS 1 messages that wait for the broker's PUBACK. */
  readonly inboundInFlight: Set<number>
  readonly rates: ClientRates
  /** Topic of each alias that the client has set on this connection. */
  readonly topicAliases: Map<number, string>
  /** Publishes over the rate since the last one within it: a run of them is logged at its begin and its end. */
  discardedInRun: number
  /** Numbers the connections of a client id, for its lifecycle events. */
  readonly versionNumber: number
  /** The thing of the principal. */
  readonly thingName: string | undefined
  authorize(action: AuthorizeAction, name: string): Decision
  send(packet: SentPacket): void
  /** A packet arrived. */
  heard(): void
  /** Stops the client's timers. Returns false if that was done before: a connection ends once. */
  retire(): boolean
}

export function observedConnection({ clientId, connection, protocolVersion }: Client): ObservedConnection {
  return { clientId, connectionId: connection.id, protocolVersion }
}
