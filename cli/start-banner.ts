import type { Runtime } from '#local/index.ts'
import type { Terminal } from './terminal.ts'

/** What a person is told when the bridge is ready: where everything listens, and what to try. */
export function banner(
  runtime: Runtime,
  told: { root: string; readyMs: number; upstreamUrl: string; consoleUrl: string | undefined },
  { colors, result }: Terminal,
): void {
  const { root, readyMs, upstreamUrl, consoleUrl } = told
  const rows = {
    ...(consoleUrl && { console: consoleUrl }),
    MQTT: runtime.mqttUrl,
    ...(runtime.endpoints.wss && { WebSocket: runtime.endpoints.wss }),
    ...(runtime.endpoints.mutualTls && { 'mutual TLS': runtime.endpoints.mutualTls }),
    ...(runtime.endpoints.https && { HTTPS: runtime.endpoints.https }),
    ...(runtime.endpoints.certificates && { certificate: runtime.endpoints.certificates }),
    'AWS APIs': runtime.apiUrl,
    ...(runtime.outputs.TokenServiceUrl && { tokens: runtime.outputs.TokenServiceUrl }),
    CA: runtime.caFile,
    topics: `${root}/…`,
    upstream: upstreamUrl,
  }
  result(`\n${colors.bold('mqtt-cloud-bridge')} is ready ${colors.dim(`(${(readyMs / 1000).toFixed(1)} s)`)}`)
  for (const [name, value] of Object.entries(rows)) result(`  ${colors.dim(name.padEnd(11))} ${value}`)
  for (const { type, logicalId } of runtime.unsupported) result(colors.yellow(`  not run here: ${logicalId} (${type})`))
  for (const name of runtime.closedEndpoints) result(colors.dim(`  not open here: endpoint ${name}`))
  result(
    `\nTry, in another terminal:\n  npx bridge request conscience/evaluate '{"action":"Delete user data","context":"User requested account deletion"}'\n`,
  )
}
