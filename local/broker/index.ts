/** The message broker of the local runtime. It knows no tokens, policies or topic rules: those are injected. */
export { type Broker, type ClientFacts, createBroker, type DisconnectOptions } from './broker.ts'
export { type BrokerChoices, DEFAULT_CHOICES } from './choices.ts'
export type { ConnectionRecord } from './connection-records.ts'
export type { DirectOutcome } from './direct-message.ts'
export type { DisconnectReason } from './disconnect-reason.ts'
export { type BrokerLimits, DEFAULT_LIMITS, NO_RATE_LIMITS } from './limits.ts'
export type { InboundMessage, Message, MessageProperties, ProtocolVersion, QoS, UserProperties } from './message.ts'
export { type BrokerObserver, observeTogether } from './observer.ts'
export type {
  AuthorizeAction,
  AuthorizeRequest,
  BrokerOptions,
  ConnectAnswer,
  ConnectRequest,
  Decision,
  LogEntry,
} from './options.ts'
export { BROKER_PARITY, PARITY_SOURCES, type ParityRow } from './parity.ts'
export { REASON } from './reason-codes.ts'
export { BrokerError, type CloudMessage } from './routing/cloud-publish.ts'
export { createMemorySessionStore } from './sessions/memory-session-store.ts'
export type {
  RestoredSession,
  RestoredSharedQueue,
  SessionStore,
  StoredDelivery,
  StoredSession,
  StoredSubscription,
} from './sessions/session-store.ts'
export { createSqliteSessionStore } from './sessions/sqlite-session-store.ts'
export { httpFacts } from './transport/http-facts.ts'
export type { ListenOptions } from './transport/listener.ts'
export type { ConnectionFacts, HttpFacts, TransportFacts } from './transport/transport-facts.ts'
