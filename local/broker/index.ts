/** The message broker of the local runtime. It knows no tokens, policies or topic rules: those are injected. */
export { type Broker, type ClientFacts, createBroker, type DisconnectOptions } from './broker.ts'
export { BrokerError, type CloudMessage } from './cloud-publish.ts'
export type { ConnectionFacts } from './conversation.ts'
export { type BrokerLimits, DEFAULT_LIMITS } from './limits.ts'
export type { ListenOptions } from './listener.ts'
export { createMemorySessionStore } from './memory-session-store.ts'
export type { InboundMessage, Message, MessageProperties, ProtocolVersion, QoS, UserProperties } from './message.ts'
export type {
  AuthorizeAction,
  AuthorizeRequest,
  BrokerOptions,
  ConnectAnswer,
  ConnectRequest,
  Decision,
  LogEntry,
} from './options.ts'
export { type DisconnectReason, REASON } from './reason-codes.ts'
export type {
  RestoredSession,
  SessionStore,
  StoredDelivery,
  StoredSession,
  StoredSubscription,
} from './session-store.ts'
export { createSqliteSessionStore } from './sqlite-session-store.ts'
