import type { Command } from 'commander'
import { deploymentNames } from '#contract/index.ts'
import { errorCode } from './command-error.ts'
import { openTarget, type Target, type TargetOptions, withTargetOptions } from './target.ts'
import type { Terminal } from './terminal.ts'

/** What a device connects with, by kind of endpoint. The ports are those of https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html */
const AWS_URLS = {
  mqtt: (host: string) => `mqtts://${host}:443`,
  wss: (host: string) => `wss://${host}:443/mqtt`,
  mutualTls: (host: string) => `mqtts://${host}:443`,
  https: (host: string) => `https://${host}:443`,
  certificates: (host: string) => `mqtts://${host}:8883`,
} as const
type Kind = keyof typeof AWS_URLS

interface Endpoint {
  kind: Kind
  host: string
  url: string
}

const EXAMPLES = `
mqtt: MQTT over TLS with a token. wss: the same over WebSockets. mutualTls: with a client certificate beside the token (setting
mutualTls). https: publishing by HTTPS with a token (setting httpsPublish). certificates: MQTT with a client certificate alone (setting
certificateOnly). On AWS a client of mqtt and mutualTls names the protocol
"mqtt" in the TLS handshake (ALPN).

Examples:
  npx bridge endpoint
  npx bridge endpoint --aws --stage prod --json`

/** `bridge endpoint`: where devices connect to. */
export function endpointCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('endpoint')
    .description('print host names and URLs that devices connect to')
    .option('--json', 'one line of JSON')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (options: TargetOptions & { json?: boolean }) => {
      const endpoints = await describeEndpoints(openTarget(options))
      const lines = endpoints.map(({ kind, url }) => `${terminal.colors.dim(kind.padEnd(12))} ${url}`)
      terminal.result(options.json ? JSON.stringify(asJson(endpoints)) : lines.join('\n'))
    })
}

/** `mqttUrl`, `mqttHost`, `wssUrl` … */
function asJson(endpoints: readonly Endpoint[]): Record<string, string> {
  return Object.fromEntries(
    endpoints.flatMap(({ kind, host, url }) => [
      [`${kind}Url`, url],
      [`${kind}Host`, host],
    ]),
  )
}

/** The endpoints that a deployment has. */
export async function describeEndpoints(target: Target): Promise<Endpoint[]> {
  const { domains } = deploymentNames(target.stage)
  const kinds = Object.keys(AWS_URLS) as Kind[]
  const found = await Promise.all(
    kinds.map(async (kind) => {
      const host = await hostOf(target, domains[kind])
      const url = target.localEndpoints ? target.localEndpoints[kind] : host && AWS_URLS[kind](host)
      return host && url ? { kind, host, url } : undefined
    }),
  )
  return found.filter((one) => one !== undefined)
}

/** Undefined for an endpoint that this deployment does not have. */
async function hostOf(target: Target, domain: string): Promise<string | undefined> {
  try {
    return await target.describeDomain(domain)
  } catch (error) {
    if (errorCode(error) === 'ResourceNotFoundException') return undefined
    throw error
  }
}
