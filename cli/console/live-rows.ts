import type { Runtime } from '#local/index.ts'
import type { ConsoleRecorder } from './recorder.ts'
import type { ClientRow, FunctionRow, RuleRow } from './wire.ts'

const PROTOCOLS = { 4: 'MQTT 3.1.1', 5: 'MQTT 5' } as const

export function clientRows({ connections }: Pick<Runtime, 'connections'>, recorder: ConsoleRecorder): ClientRow[] {
  return connections().map((client) => {
    const { clientId, protocolVersion, subscriptions } = client
    const refusal = recorder.lastRefusalOf(clientId)
    return {
      clientId,
      isConnected: true,
      protocol: PROTOCOLS[protocolVersion],
      connectedAtMs: client.connectedAtMs,
      remoteAddress: client.remoteAddress,
      keepAliveSeconds: client.keepAliveSeconds,
      sessionExpirySeconds: client.sessionExpirySeconds,
      authorizedUntilMs: client.authorizedUntilMs,
      subscriptions: subscriptions.map(({ filter, qos }) => ({ filter, qos })),
      publishedPerSecond: recorder.rates.ofClient('published', clientId),
      deliveredPerSecond: recorder.rates.ofClient('delivered', clientId),
      lastRefusal: refusal && {
        atMs: refusal.atMs,
        what: `${refusal.kind} ${refusal.topic ?? ''}`.trim(),
        reason: refusal.reason ?? '',
      },
    }
  })
}

export function ruleRows({ rules }: Pick<Runtime, 'rules'>): RuleRow[] {
  return rules().map(({ name, sql, isDisabled, counts }) => ({
    name,
    sql,
    isDisabled,
    matched: counts?.TopicMatch ?? 0,
    executed: counts?.RulesExecuted ?? 0,
    failed: (counts?.ParseError ?? 0) + sumOf(counts?.Failure),
  }))
}

export function functionRows(
  { functionStats }: Pick<Runtime, 'functionStats'>,
  { rates }: ConsoleRecorder,
): FunctionRow[] {
  return Object.entries(functionStats()).map(([name, stats]) => ({
    name,
    invocations: stats.invocations,
    errors: stats.errors,
    running: stats.running,
    queued: stats.queued,
    coldStarts: stats.coldStarts,
    p50Ms: rates.percentile(name, 0.5),
    p99Ms: rates.percentile(name, 0.99),
  }))
}

function sumOf(counts: Readonly<Record<string, number>> = {}): number {
  return Object.values(counts).reduce((sum, one) => sum + one, 0)
}
