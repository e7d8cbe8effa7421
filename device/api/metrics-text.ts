import type { Metrics } from './metrics.ts'

type Kind = 'counter' | 'gauge'

/** Every metric of the client, as Prometheus names and describes it. */
const METRICS_TABLE: Readonly<Record<keyof Metrics, readonly [kind: Kind, name: string, help: string]>> = {
  published: ['counter', 'published', 'Messages handed to the broker, repeats included'],
  acknowledged: ['counter', 'acknowledged', 'Messages that the broker confirmed'],
  resent: ['counter', 'resent', 'Messages sent again after a lost connection'],
  received: ['counter', 'received', 'Messages that came'],
  handled: ['counter', 'handled', 'Calls of handlers that ended without an error'],
  handlerFailures: ['counter', 'handler_failures', 'Calls of handlers that failed'],
  duplicates: ['counter', 'duplicates', 'Messages that came again and were not handled again'],
  rejected: ['counter', 'rejected', 'Messages that did not fit the contract'],
  dropped: ['counter', 'dropped', 'Messages given up before they were sent'],
  requests: ['counter', 'requests', 'Requests that were made'],
  replies: ['counter', 'replies', 'Replies to them'],
  timedOut: ['counter', 'timed_out', 'Requests without a reply in time'],
  lateReplies: ['counter', 'late_replies', 'Replies to requests that had ended'],
  connections: ['counter', 'connections', 'Connections that were opened, renewals included'],
  renewals: ['counter', 'renewals', 'Renewals of the token'],
  pings: ['counter', 'pings', 'Pings to the broker'],
  throttled: ['counter', 'throttled', 'Messages that waited for the rate limit'],
  queued: ['gauge', 'queued', 'Messages that wait to be sent'],
  inFlight: ['gauge', 'in_flight', 'Messages sent and not confirmed'],
  subscriptions: ['gauge', 'subscriptions', 'Subscriptions at the moment'],
}

/**
 * What `bridge.metrics()` tells, in the text format of Prometheus, to be served by whatever the device serves. Names begin with `mqtt_device_`;
 * counters begin anew with the bridge. There are no labels: no client id, no topic.
 */
export function metricsText(metrics: Metrics): string {
  const names = Object.keys(METRICS_TABLE) as (keyof Metrics)[]
  return names
    .map((key) => {
      const [kind, name, help] = METRICS_TABLE[key]
      const full = `mqtt_device_${name}${kind === 'counter' ? '_total' : ''}`
      return `# HELP ${full} ${help}\n# TYPE ${full} ${kind}\n${full} ${metrics[key]}\n`
    })
    .join('')
}
