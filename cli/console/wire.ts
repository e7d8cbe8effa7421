/** What the console's server and its page say to each other, as JSON. Times are epoch milliseconds. */
import type { Hop, HopOutcome, Trace } from '#local/trace/hop.ts'

export type { Hop, HopKind, HopOutcome, Trace } from '#local/trace/hop.ts'

/** The header in which the page sends the token of its address. */
export const TOKEN_HEADER = 'x-console-token'

/** A captured message without what is large. */
export interface MessageRow {
  id: number
  atMs: number
  traceId: string | undefined
  topic: string
  /** Absent: the cloud published it. */
  clientId?: string
  qos: number
  bytes: number
  /** The beginning of the payload, as text. */
  preview: string
}

export interface MessageDetails extends MessageRow {
  retain: boolean
  /** Text where it is UTF-8, else base64. */
  payload: { text?: string; base64?: string }
  properties: Record<string, unknown>
}

/** One line of the live feed. */
export interface FeedEvent {
  messages: MessageRow[]
  /** Messages that came meanwhile and are not among them: more than a page can show at once. */
  skipped: number
  /** Traces with new steps. */
  traces: string[]
  refusals: Hop[]
}

export interface ClientRow {
  clientId: string
  isConnected: boolean
  protocol: string
  connectedAtMs: number
  remoteAddress: string
  keepAliveSeconds: number
  sessionExpirySeconds: number
  /** When the authorizer ends the connection, as its token does. */
  authorizedUntilMs: number | undefined
  subscriptions: { filter: string; qos: number }[]
  /** Messages a second, over the last ten. */
  publishedPerSecond: number
  deliveredPerSecond: number
  lastRefusal: { atMs: number; what: string; reason: string } | undefined
}

/** A message of a client, and what became of it. */
export interface RequestRow extends Pick<Trace, 'traceId' | 'startedAtMs' | 'endedAtMs' | 'topic' | 'clientIds'> {
  outcome: HopOutcome
  steps: number
  /** Of its correlation record; absent where it is no request, or not known any more. */
  state?: string
}

export interface RuleRow {
  name: string
  sql: string
  isDisabled: boolean
  matched: number
  executed: number
  failed: number
}

export interface FunctionRow {
  name: string
  invocations: number
  errors: number
  running: number
  queued: number
  coldStarts: number
  p50Ms: number | undefined
  p99Ms: number | undefined
}

export interface LogRow {
  atMs: number
  functionName: string
  text: string
}

export interface QueueRow {
  label: string
  waiting: number
  inFlight: number
}

export interface LetterRow {
  id: string
  sentAtMs: number
  kind: string
  code: string | undefined
  topic: string | undefined
  clientId: string | undefined
  /** What becomes of it when it is sent back. */
  outlook: string
}

export interface ExecutionRow {
  name: string
  workflow: string
  engine: string
  status: string
  startedAtMs: number
  endedAtMs: number | undefined
}

export interface StepRow {
  name: string
  kind: string
  state: string
  level: number
  retries: number
  startedAtMs: number
  endedAtMs: number | undefined
  error: string | undefined
}

/** A value a second, the oldest first. */
export interface Series {
  atSeconds: number[]
  published: number[]
  delivered: number[]
  refused: number[]
  invocations: number[]
  p50Ms: (number | null)[]
  p99Ms: (number | null)[]
}

export interface TopicRow {
  key: string
  description: string
  isRequest: boolean
  params: string[]
  /** JSON Schema of the payload. */
  schema: Record<string, unknown>
  example: unknown
}

export interface SendRequest {
  key: string
  clientId: string
  params: Record<string, string>
  payload: unknown
}

export type SendAnswer =
  | { outcome: 'published'; topic: string }
  | { outcome: 'answered'; reply: unknown; tookMs: number }
  | { outcome: 'failed'; code: string; message: string }

/** What the page is told at first. */
export interface Overview {
  root: string
  stage: string
  mqttUrl: string
  apiUrl: string
  startedAtMs: number
}
