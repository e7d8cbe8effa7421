import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Metrics } from '#device/index.ts'

/** What the service counts, as Prometheus reads it. */
export interface EdgeMetrics {
  published(): void
  received(): void
  duplicate(): void
  dropped(): void
  callback(outcome: 'delivered' | 'refused' | 'unreachable', durationMs: number): void
  deadLetter(): void
  command(outcome: 'handled' | 'failed' | 'unknown' | 'unanswered'): void
  http(route: string, method: string, status: number, durationMs: number): void
  /** Text of the exposition format. */
  text(): Promise<string>
  readonly contentType: string
}

/** What is read at the time of a scrape. */
export interface EdgeGauges {
  isConnected(): boolean
  device(): Metrics
  queueDepth(): number
  heldMessages(): number
  deadLetters(): number
  subscriptions(): number
  streams(): number
}

const SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** A registry of its own: two services in one process do not mix. */
export function createEdgeMetrics(gauges: EdgeGauges): EdgeMetrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const counter = <Label extends string = never>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter<Label>({ name: `edge_${name}`, help, labelNames, registers })
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `edge_${name}`,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  const published = counter('published_total', 'Messages that the broker has taken from programs')
  const received = counter('received_total', 'Messages that came from the broker')
  const duplicates = counter('duplicates_total', 'Messages that came again after a lost acknowledgement')
  const dropped = counter('dropped_total', 'QoS 0 messages that came while the callback queue was full')
  const callbacks = counter('callback_attempts_total', 'Attempts to post a callback', ['outcome'])
  const deadLetters = counter('dead_letters_total', 'Messages that were given up')
  const commands = counter('commands_total', 'Commands to handlers in the process, and those nobody answered', [
    'outcome',
  ])
  const roundTrip = new Histogram({
    name: 'edge_callback_round_trip_seconds',
    help: 'From a callback to its whole answer',
    buckets: SECONDS,
    registers,
  })
  const http = new Histogram({
    name: 'edge_http_request_seconds',
    help: 'HTTP requests to the service',
    labelNames: ['route', 'method', 'status'],
    buckets: SECONDS,
    registers,
  })
  gauge('connected', 'Whether the broker is connected', () => (gauges.isConnected() ? 1 : 0))
  gauge('callback_queue', 'Messages that wait for their callbacks', gauges.queueDepth)
  gauge('held_messages', 'Messages that stay with the broker because the queue is full', gauges.heldMessages)
  gauge('dead_letters', 'Messages that were given up and are kept', gauges.deadLetters)
  gauge('subscriptions', 'Subscriptions of programs', gauges.subscriptions)
  gauge('streams', 'Open streams of messages', gauges.streams)
  for (const [name, help, read] of DEVICE_GAUGES) gauge(name, help, () => read(gauges.device()))

  return {
    published: () => published.inc(),
    received: () => received.inc(),
    duplicate: () => duplicates.inc(),
    dropped: () => dropped.inc(),
    callback(outcome, durationMs) {
      callbacks.inc({ outcome })
      roundTrip.observe(durationMs / 1_000)
    },
    deadLetter: () => deadLetters.inc(),
    command: (outcome) => commands.inc({ outcome }),
    http: (route, method, status, durationMs) =>
      http.observe({ route, method, status: `${Math.floor(status / 100)}xx` }, durationMs / 1_000),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

/** Counted by the device client; gauges, since they begin anew with it. */
const DEVICE_GAUGES: readonly (readonly [name: string, help: string, read: (metrics: Metrics) => number])[] = [
  ['mqtt_connections', 'Connections to the broker, renewals included', ({ connections }) => connections],
  [
    'mqtt_reconnects',
    'Connections that came after a lost one',
    ({ connections, renewals }) => Math.max(connections - renewals - 1, 0),
  ],
  ['mqtt_token_renewals', 'Renewals of the token', ({ renewals }) => renewals],
  ['mqtt_resent', 'Messages sent again after a lost connection', ({ resent }) => resent],
  ['mqtt_outbox', 'Messages that wait to be sent', ({ queued }) => queued],
  ['mqtt_in_flight', 'Messages sent and not confirmed', ({ inFlight }) => inFlight],
  ['mqtt_rejected', 'Messages that did not fit the contract', ({ rejected }) => rejected],
]
