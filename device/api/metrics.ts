/** Counted since the bridge was made; the last three are what is at the moment. */
export interface Metrics {
  /** Messages handed to the broker, repeats included. */
  readonly published: number
  /** Of those, confirmed by the broker (QoS 1). */
  readonly acknowledged: number
  /** Messages that were sent again after a lost connection. */
  readonly resent: number
  readonly received: number
  /** Calls of handlers that ended without an error. */
  readonly handled: number
  readonly handlerFailures: number
  readonly duplicates: number
  readonly rejected: number
  /** Given up before they were sent: the queue was full, or they expired. */
  readonly dropped: number
  readonly requests: number
  readonly replies: number
  readonly timedOut: number
  readonly lateReplies: number
  /** Connections that were opened, renewals included. */
  readonly connections: number
  readonly renewals: number
  readonly pings: number
  /** Messages that had to wait for the rate limit. */
  readonly throttled: number
  /** Waiting to be sent. */
  readonly queued: number
  /** Sent and not confirmed. */
  readonly inFlight: number
  readonly subscriptions: number
}

export type Counters = {
  -readonly [Name in Exclude<keyof Metrics, 'queued' | 'inFlight' | 'subscriptions'>]: Metrics[Name]
}

export function createCounters(): Counters {
  return {
    published: 0,
    acknowledged: 0,
    resent: 0,
    received: 0,
    handled: 0,
    handlerFailures: 0,
    duplicates: 0,
    rejected: 0,
    dropped: 0,
    requests: 0,
    replies: 0,
    timedOut: 0,
    lateReplies: 0,
    connections: 0,
    renewals: 0,
    pings: 0,
    throttled: 0,
  }
}
