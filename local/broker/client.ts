import type { Packet } from 'mqtt-packet'
import type { Connection } from './connection.ts'
import type { ProtocolVersion } from './message.ts'
import type { AuthorizeAction, Decision } from './options.ts'
import type { Session } from './session.ts'
import type { Will } from './will.ts'

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
  /** Packet identifiers of QoS 1 messages that wait for the broker's PUBACK. */
  readonly inboundInFlight: Set<number>
  authorize(action: AuthorizeAction, name: string): Decision
  send(packet: Packet): void
  /** A packet arrived. */
  heard(): void
  /** Stops the client's timers. Returns false if that was done before: a connection ends once. */
  retire(): boolean
}
