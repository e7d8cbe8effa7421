import {
  type AuthorizeRequest,
  type Broker,
  type BrokerOptions,
  type ConnectRequest,
  createBroker,
  createMemorySessionStore,
  type InboundMessage,
  type LogEntry,
  NO_RATE_LIMITS,
} from '#local/broker/index.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'

const EVENTS = '$aws/events/'

export type TestBroker = AsyncDisposable & {
  broker: Broker
  clock: FakeClock
  log: LogEntry[]
  /** Log entries of one event. */
  logged(event: string): LogEntry[]
  /** What reached the topic rules, lifecycle events apart. */
  messages: InboundMessage[]
  /** Lifecycle events, each with the end of its topic after `$aws/events/`. */
  events: { topic: string; event: Record<string, unknown> }[]
  connectRequests: ConnectRequest[]
}

/** Without rate limits, if none are given. Denies `action name` texts listed in `denied`, for example `publish a/b`; allows all others. */
export function createTestBroker(
  overrides: Partial<BrokerOptions<string>> & {
    denied?: Set<string>
    disconnectAfterSeconds?: number
    rejectEvents?: boolean
  } = {},
): TestBroker {
  const {
    denied = new Set<string>(),
    disconnectAfterSeconds = 86_400,
    onMessage,
    rejectEvents = false,
    ...options
  } = overrides
  const clock = createFakeClock()
  const log: LogEntry[] = []
  const messages: InboundMessage[] = []
  const events: TestBroker['events'] = []
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
      if (message.topic.startsWith(EVENTS)) {
        if (rejectEvents) throw new Error('the rules take no events')
        events.push({ topic: message.topic.slice(EVENTS.length), event: JSON.parse(message.payload.toString()) })
      } else {
        messages.push(message)
        await onMessage?.(message)
      }
    },
    store: createMemorySessionStore(),
    log: (entry) => log.push(entry),
    clock,
    ...options,
    limits: { ...NO_RATE_LIMITS, ...options.limits },
  })
  return {
    broker,
    clock,
    log,
    logged: (event) => log.filter((entry) => entry.event === event),
    messages,
    events,
    connectRequests,
    [Symbol.asyncDispose]: () => broker.close(),
  }
}
