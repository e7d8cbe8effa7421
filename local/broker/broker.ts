import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { createSystemClock } from '../state/index.ts'
import { createAuthentication } from './authentication.ts'
import { endClient } from './client-ending.ts'
import { BrokerError, type CloudMessage, readCloudMessage } from './cloud-publish.ts'
import type { Connection } from './connection.ts'
import type { BrokerContext } from './context.ts'
import { type ConnectionFacts, openConversation } from './conversation.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { type Listener, type ListenOptions, openListener } from './listener.ts'
import type { Message, ProtocolVersion } from './message.ts'
import type { BrokerOptions } from './options.ts'
import { REASON } from './reason-codes.ts'
import { createRetainedMessages } from './retained.ts'
import { createRouter } from './router.ts'
import type { StoredSubscription } from './session-store.ts'
import { createSessions } from './sessions.ts'

/** A connected client as others may see it. */
export type ClientFacts = {
  clientId: string
  principalId: string
  protocolVersion: ProtocolVersion
  connectionId: string
  remoteAddress: string
  connectedAtMs: number
  keepAliveSeconds: number
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
  /** Opens a port for MQTT over TLS 1.3; may be called again for another port. */
  listen(options: ListenOptions): Promise<{ port: number }>
  /** Takes over a byte stream that carries MQTT. */
  acceptConnection(duplex: Duplex, facts: ConnectionFacts): void
  /**
   * Publishes from the cloud: no rights are checked, the sender is `n/a`. Resolves once the topic rules have taken it.
   * Rejects with a BrokerError (`topic_invalid`, `payload_too_large`, `broker_closed`).
   */
  publish(message: CloudMessage): Promise<void>
  connections(): Iterable<ClientFacts>
  /** Ends a client's connection; false when it is not connected. */
  disconnect(clientId: string, options?: DisconnectOptions): boolean
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
    clock = createSystemClock(),
    newId = randomUUID,
    deniedSubscribeV4 = 'suback',
  } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const sessions = createSessions({ store, clock, limits, log })
  const retained = createRetainedMessages({ store, clock })
  const router = createRouter({ sessions, retained, store, onMessage, log })
  const authenticate = createAuthentication(options)
  const clients: BrokerContext['clients'] = new Map()
  const context: BrokerContext = {
    limits,
    clock,
    newId,
    log,
    authenticate,
    deniedSubscribeV4,
    sessions,
    retained,
    router,
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
      const listener = await openListener(listenOptions, {
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
      await router.route(readCloudMessage(message, { limits, clock, newId }))
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
      } of clients.values()) {
        yield {
          clientId,
          principalId,
          protocolVersion,
          connectionId: connection.id,
          remoteAddress: connection.remoteAddress,
          connectedAtMs,
          keepAliveSeconds,
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
    retainedMessage: retained.get,
    retainedMessages: retained.list,
    close,
    [Symbol.asyncDispose]: close,
  }
}
