import type { Hop, HopOutcome, Trace } from '#local/index.ts'

/** One row of a query: values by field. */
export type Row = Readonly<Record<string, string>>

/** What logs are made of beside the facts of an event. */
const COMMON = new Set(['level', 'message', 'timestamp', 'service', 'sampling_rate', 'trace_id', 'xray_trace_id'])
/** Metrics that tell how long something took, in milliseconds. */
const LATENCIES = ['HandlerLatency', 'EndToEndLatency'] as const

/** A trace as far as lines of logs tell; undefined without any. Lines that are no JSON are left out. */
export function traceOfLines(traceId: string, rows: readonly Row[]): Trace | undefined {
  const hops = rows.flatMap((row) => hopOf(traceId, row)).sort((a, b) => a.atMs - b.atMs)
  const [first] = hops
  if (!first) return undefined
  const outcome = (['failed', 'refused'] as const).find((one) => hops.some((hop) => hop.outcome === one)) ?? 'ok'
  return {
    traceId,
    startedAtMs: first.atMs,
    endedAtMs: Math.max(...hops.map(({ atMs, durationMs = 0 }) => atMs + durationMs)),
    clientIds: [...new Set(hops.flatMap(({ clientId }) => clientId ?? []))],
    topic: hops.find(({ topic }) => topic !== undefined)?.topic,
    outcome,
    hops,
    dropped: 0,
  }
}

function hopOf(traceId: string, row: Row): Hop[] {
  const line = parse(row['@message'] ?? '')
  if (!line) return []
  const loggedAtMs = timeOf(line.timestamp) ?? timeOf(`${row['@timestamp']?.replace(' ', 'T')}Z`) ?? 0
  if ('eventType' in line) return [brokerHop(traceId, line, loggedAtMs)]
  if ('_aws' in line) return [invocationHop(traceId, line, loggedAtMs)]
  const { level, message, service, code, reason, client_id: clientId, topic } = line
  return [
    {
      traceId,
      kind: 'log',
      subject: String(message),
      atMs: loggedAtMs,
      outcome: level === 'ERROR' ? 'failed' : 'ok',
      ...textOf('clientId', clientId),
      ...textOf('topic', topic),
      ...textOf('reason', code ?? reason),
      facts: { function: String(service), level: String(level), ...factsOf(line) },
    },
  ]
}

/** The line of metrics that each invocation ends with. */
function invocationHop(traceId: string, line: Record<string, unknown>, endedAtMs: number): Hop {
  const durationMs = LATENCIES.map((name) => line[name]).find((value) => typeof value === 'number') ?? 0
  const isFaulty = 'SystemFaults' in line
  return {
    traceId,
    kind: 'invoke',
    subject: String(line.service),
    atMs: endedAtMs - durationMs,
    durationMs,
    outcome: isFaulty ? 'failed' : 'ok',
    ...textOf('reason', line.code),
    facts: { cold: 'ColdStarts' in line, ...textOf('route', line.route) },
  }
}

/** https://docs.aws.amazon.com/iot/latest/developerguide/cwl-format.html */
function brokerHop(traceId: string, line: Record<string, unknown>, atMs: number): Hop {
  const { eventType, status, clientId, topicName, reason, details, ruleName, protocol } = line
  const outcome: HopOutcome = status === 'Success' ? 'ok' : 'refused'
  return {
    traceId,
    kind: KINDS[String(eventType)] ?? 'log',
    subject: String(ruleName ?? clientId ?? eventType),
    atMs,
    outcome,
    ...textOf('clientId', clientId),
    ...textOf('topic', topicName),
    ...textOf('reason', reason ?? details),
    facts: { event: String(eventType), ...textOf('protocol', protocol) },
  }
}

const KINDS: Readonly<Record<string, Hop['kind']>> = {
  Connect: 'connect',
  Disconnect: 'disconnect',
  'Publish-In': 'publish',
  'Publish-Out': 'deliver',
  Subscribe: 'subscribe',
  Unsubscribe: 'unsubscribe',
  RuleMatch: 'rule',
  StartingRuleExecution: 'rule',
  RuleExecution: 'action',
}

function factsOf(line: Record<string, unknown>): Record<string, string | number | boolean> {
  const entries = Object.entries(line).filter(
    (entry): entry is [string, string | number | boolean] =>
      !COMMON.has(entry[0]) && ['string', 'number', 'boolean'].includes(typeof entry[1]),
  )
  return Object.fromEntries(entries)
}

function textOf<Name extends string>(name: Name, value: unknown): { [Key in Name]?: string } {
  return (typeof value === 'string' ? { [name]: value } : {}) as { [Key in Name]?: string }
}

function timeOf(text: unknown): number | undefined {
  const ms = typeof text === 'string' ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
