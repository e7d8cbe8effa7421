import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { EDGE_METRICS, type EdgeMetricName, type PrometheusMetric } from '#contract/index.ts'
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
  const counter = <Label extends string = never>(name: EdgeMetricName) =>
    new Counter<Label>({ ...naming(name), registers })
  const histogram = <Label extends string = never>(name: EdgeMetricName) =>
    new Histogram<Label>({ ...naming(name), buckets: SECONDS, registers })
  const gauge = (name: EdgeMetricName, read: () => number) =>
    new Gauge({
      ...naming(name),
      registers,
      collect() {
        this.set(read())
      },
    })
  const published = counter('published_total')
  const received = counter('received_total')
  const duplicates = counter('duplicates_total')
  const dropped = counter('dropped_total')
  const callbacks = counter<'outcome'>('callback_attempts_total')
  const deadLetters = counter('dead_letters_total')
  const commands = counter<'outcome'>('commands_total')
  const roundTrip = histogram('callback_round_trip_seconds')
  const http = histogram<'route' | 'method' | 'status'>('http_request_seconds')
  gauge('connected', () => (gauges.isConnected() ? 1 : 0))
  gauge('callback_queue', gauges.queueDepth)
  gauge('held_messages', gauges.heldMessages)
  gauge('dead_letters', gauges.deadLetters)
  gauge('subscriptions', gauges.subscriptions)
  gauge('streams', gauges.streams)
  for (const [name, read] of DEVICE_GAUGES) gauge(name, () => read(gauges.device()))

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

/** What the table says of a metric, as the library takes it. */
function naming<Label extends string>(name: EdgeMetricName): { name: string; help: string; labelNames: Label[] } {
  const { help, labels = [] }: PrometheusMetric = EDGE_METRICS[name]
  return { name: `edge_${name}`, help, labelNames: labels as Label[] }
}

/** Counted by the device client. */
const DEVICE_GAUGES: readonly (readonly [name: EdgeMetricName, read: (metrics: Metrics) => number])[] = [
  ['mqtt_connections', ({ connections }) => connections],
  ['mqtt_reconnects', ({ connections, renewals }) => Math.max(connections - renewals - 1, 0)],
  ['mqtt_token_renewals', ({ renewals }) => renewals],
  ['mqtt_resent', ({ resent }) => resent],
  ['mqtt_outbox', ({ queued }) => queued],
  ['mqtt_in_flight', ({ inFlight }) => inFlight],
  ['mqtt_rejected', ({ rejected }) => rejected],
]
