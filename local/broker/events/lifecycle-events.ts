import type { Clock } from '../../state/index.ts'
import type { BrokerChoices } from '../choices.ts'
import type { Client } from '../client.ts'
import type { DisconnectReason } from '../disconnect-reason.ts'
import type { BrokerLimits } from '../limits.ts'
import type { LogEntry } from '../options.ts'
import type { Router } from '../routing/router.ts'
import { createVersionNumbers } from './version-numbers.ts'

/** What is known of a client that was not let in for lack of rights. */
export type FailedConnect = {
  clientId: string
  principalId: string
  thingName?: string | undefined
  connectionId: string
  remoteAddress: string
}

/**
 * Tells rules and subscribers what becomes of clients, on topics below `$aws/events/`. Client ids that hold `#` or `+` have no events.
 * https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html
 */
export type LifecycleEvents = {
  /** Counts a connection of this client id; its events carry the number. */
  nextVersion(clientId: string): number
  connected(client: Client): void
  disconnected(client: Client, disconnectReason: DisconnectReason): void
  /** The policy denies the connection or the Will. */
  connectFailed(connect: FailedConnect): void
  subscribed(client: Client, topics: readonly string[]): void
  unsubscribed(client: Client, topics: readonly string[]): void
}

type LifecycleOptions = {
  router: Router
  clock: Clock
  newId: () => string
  limits: BrokerLimits
  choices: BrokerChoices
  log: (entry: LogEntry) => void
}

type EventType = 'connected' | 'disconnected' | 'connect_failed' | 'subscribed' | 'unsubscribed'

export function createLifecycleEvents(options: LifecycleOptions): LifecycleEvents {
  const { router, clock, newId, limits, choices, log } = options
  const versions = createVersionNumbers(limits.versionNumberResetSeconds * 1_000, clock)

  function publish(kind: 'presence' | 'subscriptions', eventType: EventType, who: Who, facts: object): void {
    if (/[#+]/.test(who.clientId)) return
    const { clientId, thingName } = who
    const receivedAtMs = clock.nowMs()
    const event = {
      clientId,
      ...(thingName !== undefined && { thingName }),
      timestamp: receivedAtMs,
      eventType,
      ...facts,
    }
    const topic = `$aws/events/${kind}/${eventType}/${clientId}`
    const message = {
      topic,
      payload: Buffer.from(JSON.stringify(event)),
      qos: choices.lifecycleEventQos,
      retain: false,
      properties: {},
      receivedAtMs,
      clientId: 'n/a',
      principalId: '',
      traceId: newId(),
      origin: 'cloud',
      sourceAddress: '',
    } as const
    router.route(message).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      log({ level: 'error', event: 'lifecycle_event_failed', topic, reason })
    })
  }

  return {
    nextVersion: versions.next,
    connected(client) {
      const { remoteAddress } = client.connection
      const facts = { ...identifiers(client), ipAddress: remoteAddress, versionNumber: client.versionNumber }
      publish('presence', 'connected', client, facts)
    },
    disconnected(client, disconnectReason) {
      versions.left(client.clientId, client.session.expirySeconds * 1_000)
      publish('presence', 'disconnected', client, {
        ...identifiers(client),
        clientInitiatedDisconnect: disconnectReason === 'CLIENT_INITIATED_DISCONNECT',
        disconnectReason,
        versionNumber: client.versionNumber,
      })
    },
    connectFailed(connect) {
      publish('presence', 'connect_failed', connect, {
        connectFailureReason: 'AUTHORIZATION_FAILED',
        principalIdentifier: connect.principalId,
        sessionIdentifier: connect.connectionId,
        ipAddress: connect.remoteAddress,
      })
    },
    subscribed: (client, topics) => publish('subscriptions', 'subscribed', client, { ...identifiers(client), topics }),
    unsubscribed: (client, topics) =>
      publish('subscriptions', 'unsubscribed', client, { ...identifiers(client), topics }),
  }
}

type Who = { clientId: string; thingName?: string | undefined }

function identifiers({ session, principalId }: Client) {
  return { sessionIdentifier: session.id, principalIdentifier: principalId }
}
