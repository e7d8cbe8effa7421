/** The kinds of steps that a message takes, in the order in which a request meets them. */
export const HOP_KINDS = [
  'connect',
  'disconnect',
  'subscribe',
  'unsubscribe',
  'publish',
  'rule',
  'action',
  'invoke',
  'log',
  'call',
  'destination',
  'deliver',
  'acknowledge',
  'drop',
] as const
export type HopKind = (typeof HOP_KINDS)[number]

/**
 * How a step went. `refused`: by a policy, a quota or the authorizer. `filtered`: the WHERE of a rule left the message out. `begun`: it is
 * not known to have ended yet.
 */
export type HopOutcome = 'ok' | 'refused' | 'failed' | 'filtered' | 'begun'

/** One step of one message, or of one connection. Never holds a payload, a token or a secret. */
export interface Hop {
  /** 32 hexadecimal digits, as in a W3C `traceparent`. */
  readonly traceId: string
  readonly kind: HopKind
  /** Milliseconds since the epoch, with their fraction. */
  readonly atMs: number
  readonly durationMs?: number
  readonly outcome: HopOutcome
  /** Who took the step, or what it was taken on: a client id, a rule, a function, `dynamodb:GetItem`. */
  readonly subject: string
  readonly clientId?: string
  readonly topic?: string
  /** The deciding statement, why it was refused, or what failed. */
  readonly reason?: string
  /** Further facts of the kind, in units that their names tell. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>
}

/** All steps with one trace id, by time. */
export interface Trace {
  readonly traceId: string
  readonly startedAtMs: number
  /** Of the last step that is known. */
  readonly endedAtMs: number
  readonly clientIds: readonly string[]
  /** Of the first message. */
  readonly topic?: string | undefined
  /** The worst of all steps; a service may refuse a call without harm. */
  readonly outcome: HopOutcome
  readonly hops: readonly Hop[]
  /** Steps that were not kept, because a trace keeps only so many. */
  readonly dropped: number
}
