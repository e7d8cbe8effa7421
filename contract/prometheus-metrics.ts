/**
 * The metrics that do not come from functions: of the device client and of the edge service, which Prometheus reads. Beside the table in
 * metrics.ts they are all that this project counts. No label is ever a client id, a topic or content.
 */
export interface PrometheusMetric {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels?: readonly string[]
}

/** By the name of the count in `Bridge.metrics()`; Prometheus' name is `mqtt_device_<name>`, of a counter with `_total`. */
export const DEVICE_METRICS = {
  published: { kind: 'counter', name: 'published', help: 'Messages handed to the broker, repeats included' },
  acknowledged: { kind: 'counter', name: 'acknowledged', help: 'Messages that the broker confirmed' },
  resent: { kind: 'counter', name: 'resent', help: 'Messages sent again after a lost connection' },
  received: { kind: 'counter', name: 'received', help: 'Messages that came' },
  handled: { kind: 'counter', name: 'handled', help: 'Calls of handlers that ended without an error' },
  handlerFailures: { kind: 'counter', name: 'handler_failures', help: 'Calls of handlers that failed' },
  duplicates: { kind: 'counter', name: 'duplicates', help: 'Messages that came again and were not handled again' },
  rejected: { kind: 'counter', name: 'rejected', help: 'Messages that did not fit the contract' },
  dropped: { kind: 'counter', name: 'dropped', help: 'Messages given up before they were sent' },
  requests: { kind: 'counter', name: 'requests', help: 'Requests that were made' },
  replies: { kind: 'counter', name: 'replies', help: 'Replies to them' },
  timedOut: { kind: 'counter', name: 'timed_out', help: 'Requests without a reply in time' },
  lateReplies: { kind: 'counter', name: 'late_replies', help: 'Replies to requests that had ended' },
  connections: { kind: 'counter', name: 'connections', help: 'Connections that were opened, renewals included' },
  renewals: { kind: 'counter', name: 'renewals', help: 'Renewals of the token' },
  pings: { kind: 'counter', name: 'pings', help: 'Pings to the broker' },
  throttled: { kind: 'counter', name: 'throttled', help: 'Messages that waited for the rate limit' },
  queued: { kind: 'gauge', name: 'queued', help: 'Messages that wait to be sent' },
  inFlight: { kind: 'gauge', name: 'in_flight', help: 'Messages sent and not confirmed' },
  subscriptions: { kind: 'gauge', name: 'subscriptions', help: 'Subscriptions at the moment' },
} as const satisfies Readonly<Record<string, PrometheusMetric & { name: string }>>

/** By Prometheus' name without `edge_`. What the device client in it counts is a gauge here: it begins anew with the client. */
export const EDGE_METRICS = {
  published_total: { kind: 'counter', help: 'Messages that the broker has taken from programs' },
  received_total: { kind: 'counter', help: 'Messages that came from the broker' },
  duplicates_total: { kind: 'counter', help: 'Messages that came again after a lost acknowledgement' },
  dropped_total: { kind: 'counter', help: 'QoS 0 messages that came while the callback queue was full' },
  callback_attempts_total: { kind: 'counter', help: 'Attempts to post a callback', labels: ['outcome'] },
  dead_letters_total: { kind: 'counter', help: 'Messages that were given up' },
  commands_total: {
    kind: 'counter',
    help: 'Commands to handlers in the process, and those nobody answered',
    labels: ['outcome'],
  },
  callback_round_trip_seconds: { kind: 'histogram', help: 'From a callback to its whole answer' },
  http_request_seconds: {
    kind: 'histogram',
    help: 'HTTP requests to the service',
    labels: ['route', 'method', 'status'],
  },
  connected: { kind: 'gauge', help: 'Whether the broker is connected' },
  callback_queue: { kind: 'gauge', help: 'Messages that wait for their callbacks' },
  held_messages: { kind: 'gauge', help: 'Messages that stay with the broker because the queue is full' },
  dead_letters: { kind: 'gauge', help: 'Messages that were given up and are kept' },
  subscriptions: { kind: 'gauge', help: 'Subscriptions of programs' },
  streams: { kind: 'gauge', help: 'Open streams of messages' },
  mqtt_connections: { kind: 'gauge', help: 'Connections to the broker, renewals included' },
  mqtt_reconnects: { kind: 'gauge', help: 'Connections that came after a lost one' },
  mqtt_token_renewals: { kind: 'gauge', help: 'Renewals of the token' },
  mqtt_resent: { kind: 'gauge', help: 'Messages sent again after a lost connection' },
  mqtt_outbox: { kind: 'gauge', help: 'Messages that wait to be sent' },
  mqtt_in_flight: { kind: 'gauge', help: 'Messages sent and not confirmed' },
  mqtt_rejected: { kind: 'gauge', help: 'Messages that did not fit the contract' },
} as const satisfies Readonly<Record<string, PrometheusMetric>>

export type EdgeMetricName = keyof typeof EDGE_METRICS
