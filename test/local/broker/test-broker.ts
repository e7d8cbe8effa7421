import {
  type AuthorizeRequest,
  type Broker,
  type BrokerOptions,
  type ConnectRequest,
  createBroker,
  createMemorySessionStore,
  type InboundMessage,
  type LogEntry,
} from '#local/broker/index.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'

export type TestBroker = AsyncDisposable & {
  broker: Broker
  clock: FakeClock
  log: LogEntry[]
  /** Log entries of one event. */
  logged(event: string): LogEntry[]
  /** What reached the topic rules. */
  messages: InboundMessage[]
  connectRequests: ConnectRequest[]
}

/** Denies `action name` texts listed in `denied`, for example `publish a/b`; allows all others. */
export function createTestBroker(
  overrides: Partial<BrokerOptions<string>> & { denied?: Set<string>; disconnectAfterSeconds?: number } = {},
): TestBroker {
  const { denied = new Set<string>(), disconnectAfterSeconds = 86_400, ...options } = overrides
  const clock = createFakeClock()
  const log: LogEntry[] = []
  const messages: InboundMessage[] = []
  const connectRequests: ConnectRequest[] = []
  const broker = createBroker<string>({
    async authenticate(request) {
      connectRequests.push(request)
      return { ok: true, principalId: `principal${request.clientId}`, session: 'rights', disconnectAfterSeconds }
    },
    authorize({ action, name }: AuthorizeRequest<string>) {
      return { allowed: !denied.has(`${action} ${name}`), reason: `test: ${action}` }
    },
    async onMessage(message) {
      messages.push(message)
    },
    store: createMemorySessionStore(),
    log: (entry) => log.push(entry),
    clock,
    ...options,
  })
  return {
    broker,
    clock,
    log,
    logged: (event) => log.filter((entry) => entry.event === event),
    messages,
    connectRequests,
    [Symbol.asyncDispose]: () => broker.close(),
  }
}
