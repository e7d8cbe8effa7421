import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { uncounted } from '../meter/index.ts'
import { createSystemClock } from '../state/index.ts'
import { createAuthentication } from './authentication.ts'
import { DEFAULT_CHOICES } from './choices.ts'
import { endClient } from './client-ending.ts'
import { type ConnectionRecord, createConnectionRecords } from './connection-records.ts'
import type { BrokerContext } from './context.ts'
import { openConversation } from './conversation.ts'
import { type DirectOutcome, sendDirect } from './direct-message.ts'
import { createLifecycleEvents } from './events/lifecycle-events.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import type { Message, ProtocolVersion } from './message.ts'
import type { BrokerOptions } from './options.ts'
import { createKeyedRate } from './rates/keyed-rate.ts'
import { REASON } from './reason-codes.ts'
import { BrokerError, type CloudMessage, readCloudMessage } from './routing/cloud-publish.ts'
import { createRetainedMessages } from './routing/retained.ts'
import { createRouter } from './routing/router.ts'
import type { StoredSubscription } from './sessions/session-store.ts'
import { createSessions } from './sessions/sessions.ts'
import { type Listener, type ListenOptions, openListener } from './transport/listener.ts'
import type { ConnectionFacts } from './transport/transport-facts.ts'
import { openWebSocketListener } from './transport/websocket-listener.ts'
import type { Connection } from './wire/connection.ts'

/** A connected client as others may see it. */
export type ClientFacts = {
  clientId: string
  principalId: string
  protocolVersion: ProtocolVersion
  connectionId: string
  remoteAddress: string
  connectedAtMs: number
  keepAliveSeconds: number
  /** When the authorizer's word ends; undefined: never. */
  authorizedUntilMs: number | undefined
  /** 0: the session ends with the connection. */
  sessionExpirySeconds: number
  subscriptions: StoredSubscription[]
}

export type DisconnectOptions = {
  /** For an MQTT 5 client. Default: 0x98, administrative action. */
  reasonCode?: number
  /** Default: false. */
  preventWill?: boolean
  /** Ends the session too. Default: false. */
  cleanSession?: boolean
}

/** A message broker that behaves like the one of AWS IoT Core, for MQTT 3.1.1 and 5. */
export type Broker = {
  /** Opens a port for MQTT over TLS 1.3, in WebSocket frames or not; may be called again for another port. */
  listen(options: ListenOptions): Promise<{ port: number }>
  /** Takes over a byte stream that carries MQTT. */
  acceptConnection(duplex: Duplex, facts: ConnectionFacts): void
  /**
   * Publishes from the cloud: no rights are checked, the sender is `n/a`. Resolves once the topic rules have taken it.
   * Rejects with a BrokerError (`topic_invalid`, `payload_too_large`, `properties_too_large`, `publish_throttled`, `broker_closed`).
   */
  publish(message: CloudMessage): Promise<void>
  connections(): Iterable<ClientFacts>
  /** Ends a client's connection; false when it is not connected. */
  disconnect(clientId: string, options?: DisconnectOptions): boolean
  /** What is known of a client id: connected, or gone for less than half an hour. */
  connectionRecord(clientId: string): ConnectionRecord | undefined
  /** Of the session, connected or kept; undefined when there is none. */
  subscriptionsOf(clientId: string): StoredSubscription[] | undefined
  /**
   * Sends to one connected client, past subscriptions, rules and queues. With `confirmWithinMs` the outcome tells of its PUBACK.
   * Rejects like `publish`.
   */
  sendDirect(clientId: string, message: CloudMessage, confirmWithinMs?: number): Promise<DirectOutcome>
  retainedMessage(topic: string): Message | undefined
  retainedMessages(): Message[]
  /**
   * Closes ports and connections and waits for messages underway. Sessions stay in the store and no Will is
   * published: a runtime that stops says nothing about its devices.
   */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Creates a broker and restores sessions and retained messages from its store. */
export function createBroker<Authorization>(options: BrokerOptions<Authorization>): Broker {
  const {
    store,
    onMessage,
    log,
    observer,
    clock = createSystemClock(),
    newId = randomUUID,
    random = Math.random,
  } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const choices = { ...DEFAULT_CHOICES, ...options.choices }
  const sessions = createSessions({ store, clock, limits, choices, newId, random, log, observer })
  const retained = createRetainedMessages({ store, clock, limits })
  const router = createRouter({ sessions, retained, store, onMessage, log, observer })
  const authenticate = createAuthentication(options)
  const clients: BrokerContext['clients'] = new Map()
  const records = createConnectionRecords(clock)
  const context: BrokerContext = {
    limits,
    clock,
    newId,
    log,
    count: options.count ?? uncounted,
    observer,
    authenticate,
    choices,
    sessions,
    retained,
    router,
    events: createLifecycleEvents({ router, clock, newId, limits, choices, log }),
    connectRate: createKeyedRate(limits.maxConnectsPerSecondPerClientId, clock),
    records,
    clients,
  }
  const listeners: Listener[] = []
  const connections = new Set<Connection>()
  let closing: Promise<void> | undefined
  let allClosed: (() => void) | undefined

  function acceptConnection(duplex: Duplex, facts: ConnectionFacts): void {
    if (closing) {
      duplex.destroy()
      return
    }
    connections.add(openConversation(context, duplex, facts, forget))
  }

  function forget(connection: Connection): void {
    connections.delete(connection)
    if (connections.size === 0) allClosed?.()
  }

  async function shutDown(): Promise<void> {
    for (const listener of listeners) listener.stop()
    for (const client of [...clients.values()]) {
      endClient(context, client, {
        disconnectReason: 'SERVER_INITIATED_DISCONNECT',
        reasonCode: REASON.serverShuttingDown,
        reason: 'the broker shuts down',
        preventWill: true,
        silent: true,
      })
    }
    for (const connection of connections) connection.closeSoon()
    if (connections.size > 0) await new Promise<void>((resolve) => (allClosed = resolve))
    await Promise.all(listeners.map((listener) => listener.close()))
    await router.settled()
    sessions.close()
  }

  function close(): Promise<void> {
    closing ??= shutDown()
    return closing
  }

  return {
    async listen(listenOptions) {
      if (closing) throw new BrokerError('broker_closed', 'the broker is closed')
      const onConnection = acceptConnection
      const open = listenOptions.websocket ? openWebSocketListener : openListener
      const listener = await open(listenOptions, {
        handshakeTimeoutMs: limits.connectTimeoutMs,
        log,
        onConnection,
      })
      listeners.push(listener)
      return { port: listener.port }
    },
    acceptConnection,
    async publish(message) {
      if (closing) throw new BrokerError('broker_closed', 'the broker is closed')
      const read = readCloudMessage(message, { limits, clock, newId })
      const problem = read.retain ? retained.findQuotaProblem(read) : undefined
      if (problem) throw new BrokerError('publish_throttled', problem)
      await router.route(read)
    },
    *connections() {
      for (const {
        clientId,
        principalId,
        protocolVersion,
        connection,
        session,
        connectedAtMs,
        keepAliveSeconds,
        authorizedUntilMs,
      } of clients.values()) {
        yield {
          clientId,
          principalId,
          protocolVersion,
          connectionId: connection.id,
          remoteAddress: connection.remoteAddress,
          connectedAtMs,
          keepAliveSeconds,
          authorizedUntilMs,
          sessionExpirySeconds: session.expirySeconds,
          subscriptions: [...session.subscriptions.values()],
        }
      }
    },
    disconnect(clientId, { reasonCode = REASON.administrativeAction, preventWill = false, cleanSession = false } = {}) {
      const client = clients.get(clientId)
      if (!client) return false
      const reason = 'the connection was ended through the API'
      const disconnectReason = 'API_INITIATED_DISCONNECT'
      endClient(context, client, { disconnectReason, reasonCode, reason, preventWill, cleanSession })
      return true
    },
    connectionRecord: records.find,
    subscriptionsOf(clientId) {
      const session = sessions.find(clientId)
      return session && [...session.subscriptions.values()]
    },
    async sendDirect(clientId, message, confirmWithinMs) {
      const read = readCloudMessage(message, { limits, clock, newId })
      observer?.published(read, {})
      return sendDirect(context, clientId, read, confirmWithinMs)
    },
    retainedMessage: retained.get,
    retainedMessages: retained.list,
    close,
    [Symbol.asyncDispose]: close,
  }
}
