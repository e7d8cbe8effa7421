import type { Count } from '../meter/index.ts'
import type { Clock } from '../state/index.ts'
import type { BrokerChoices } from './choices.ts'
import type { BrokerLimits } from './limits.ts'
import type { InboundMessage, ProtocolVersion } from './message.ts'
import type { BrokerObserver } from './observer.ts'
import type { SessionStore } from './sessions/session-store.ts'
import type { TransportFacts } from './transport/transport-facts.ts'

/** What a CONNECT says, and where it came from. */
export type ConnectRequest = {
  /** As sent, or assigned by the broker to an MQTT 5 client that sent none. */
  clientId: string
  username?: string
  password?: Buffer
  protocolVersion: ProtocolVersion
  transport: TransportFacts
  /** UUID of the connection, for logs. */
  connectionId: string
  /** The client asks for a session that outlives the connection. */
  persistent: boolean
  /** Topic of the Will, when there is one. */
  willTopic?: string
}

/** `session` is handed back untouched in every `authorize` of the connection. */
export type ConnectAnswer<Authorization> =
  | {
      ok: true
      principalId: string
      session: Authorization
      /** Absent: nothing ends the authorization. */
      disconnectAfterSeconds?: number
      /** Time after which `authenticate` is asked again for the same connection. Absent: never. */
      refreshAfterSeconds?: number
      /** The thing of the principal. */
      thingName?: string
    }
  | { ok: false; reason: string }

export type AuthorizeAction = 'connect' | 'publish' | 'retainPublish' | 'subscribe' | 'receive'

export type AuthorizeRequest<Authorization> = {
  action: AuthorizeAction
  /** Client id for `connect`, filter text for `subscribe`, else the topic. */
  name: string
  client: { clientId: string; principalId: string }
  authorization: Authorization
}

/** `reason` is for the log, never for the client. */
export type Decision = { allowed: boolean; reason: string }

/** Holds neither payloads nor passwords. */
export type LogEntry = { level: 'debug' | 'info' | 'warn' | 'error'; event: string } & Record<string, unknown>

export type BrokerOptions<Authorization> = {
  /** A rejection refuses the client like `ok: false`. */
  authenticate(request: ConnectRequest): Promise<ConnectAnswer<Authorization>>
  /** Asked at CONNECT (also for the Will), for each PUBLISH, each filter and each delivery. A throw denies. */
  authorize(request: AuthorizeRequest<Authorization>): Decision
  /**
   * Gets every accepted message: from clients, Wills and the cloud. The sender's PUBACK waits for it; a rejection
   * turns it into 0x80 (MQTT 5) or closes the connection (3.1.1). Subscribers get the message either way.
   */
  onMessage(message: InboundMessage): Promise<void>
  store: SessionStore
  log(entry: LogEntry): void
  /** Told of what AWS would bill. Default: nobody is. */
  count?: Count
  /** Is told of every connection, message and refusal. Default: nobody. */
  observer?: BrokerObserver | undefined
  /** Default: the machine's clock. */
  clock?: Clock
  /** Source of UUIDs. Default: `crypto.randomUUID`. */
  newId?: () => string
  limits?: Partial<BrokerLimits>
  /** What to do where AWS's documentation is silent. */
  choices?: Partial<BrokerChoices>
  /** At least 0 and less than 1: picks the member of a shared subscription. Default: `Math.random`. */
  random?: () => number
}
