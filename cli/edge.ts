import type { Command } from 'commander'
import { DEFAULT_ROOT } from '#contract/index.ts'
import { configFromEnv, isDeviceError } from '#device/index.ts'
import { type DeviceOptions, readEdgeSettings, startEdge } from '#edge/index.ts'
import { CommandError, errorCode } from './command-error.ts'
import { openDeviceRegistry } from './device/device-registry.ts'
import { ALL_PERMISSIONS, issueToken } from './issue-token.ts'
import { createRuntimeLog } from './runtime-log.ts'
import { openTarget, type TargetOptions, withTargetOptions } from './target.ts'
import type { Terminal } from './terminal.ts'

const EXAMPLES = `
It listens on this machine alone, and connects by itself. Settings come from the environment (docs/EDGE.md). With MQTT_JWT_SECRET, the device key,
it connects as MQTT_… says; without one it is a device of the bridge that these options choose, with tokens that are issued here.

Examples:
  npx bridge edge
  npx bridge edge --client-id sensor-7 --port 3005
  curl localhost:3004/health`

interface EdgeCommandOptions extends TargetOptions {
  clientId: string
  host?: string
  port?: string
  socket?: string
  json?: boolean
  verbose?: boolean
}

/** `bridge edge`: MQTT for programs that speak HTTP, until interrupted. */
export function edgeCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('edge')
    .description('run the edge service: MQTT over HTTP for the programs of a device')
    .option('--client-id <id>', 'registered device to connect as; not with MQTT_JWT_SECRET', 'jamey-instance-1')
    .option('--host <host>', 'instead of TS_CLIENT_HOST')
    .option('--port <port>', 'instead of TS_CLIENT_PORT; 0 picks a free one')
    .option('--socket <path>', 'listen on a Unix socket, instead of EDGE_SOCKET')
    .option('--json', 'print where it listens as one line of JSON')
    .option('--verbose', 'show every line of the log')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((options: EdgeCommandOptions) => runEdge(options, terminal))
}

async function runEdge(options: EdgeCommandOptions, terminal: Terminal): Promise<void> {
  const { host, port, socket } = options
  const environment: Environment = {
    ...process.env,
    ...(host !== undefined && { TS_CLIENT_HOST: host }),
    ...(port !== undefined && { TS_CLIENT_PORT: port }),
    ...(socket !== undefined && { EDGE_SOCKET: socket }),
  }
  const { settings, rateLimits, problems } = readEdgeSettings(environment)
  const isOwnDevice = Boolean(environment.MQTT_JWT_SECRET)
  const configured = isOwnDevice ? deviceFromEnvironment(environment) : undefined
  const all = [...problems, ...(configured?.problems ?? [])]
  if (all.length > 0) {
    const text = all.map(({ variable, problem }) => `${variable}: ${problem}`).join('; ')
    throw new CommandError('usage', 'environment_invalid', `the configuration is not valid: ${text}`)
  }
  const { device, root } = configured?.device
    ? { device: configured.device, root: DEFAULT_ROOT }
    : await deviceOfTarget(options, environment)
  const { log } = createRuntimeLog(terminal, { isVerbose: options.verbose === true })
  const edge = await startEdge({
    settings,
    device: { ...device, ...(!rateLimits && { limits: false }) },
    root,
    log,
  }).catch((error: unknown) => {
    throw startFailure(error, settings)
  })
  const stopped = interrupted()
  const { url, instanceId } = edge
  if (options.json) terminal.result(JSON.stringify({ url, instanceId, clientId: device.clientId }))
  else banner(url, device, terminal)
  await stopped
  terminal.note('stopping')
  await edge.close()
}

type Environment = Readonly<Record<string, string | undefined>>
type Problems = readonly { variable: string; problem: string }[]

/** All that is wrong is collected, to be told with the rest. */
function deviceFromEnvironment(environment: Environment): { device?: DeviceOptions; problems: Problems } {
  try {
    // unlike other devices this one speaks on its own topics as well
    return { device: configFromEnv({ MQTT_PERMISSIONS: ALL_PERMISSIONS.join(','), ...environment }), problems: [] }
  } catch (error) {
    if (!isDeviceError(error) || error.code !== 'environment_invalid') throw error
    return { problems: error.details.problems as Problems }
  }
}

/** A registered device of a bridge whose issuer key is at hand: the local runtime, or a deployment with credentials. */
async function deviceOfTarget(
  options: EdgeCommandOptions,
  environment: Environment,
): Promise<{ device: DeviceOptions; root: string }> {
  const { clientId } = options
  const target = openTarget(options)
  const { url, ca, alpn } = await target.mqtt()
  const { organization_id: organizationId, device_id: deviceId } =
    await openDeviceRegistry(target).records.get(clientId)
  return {
    root: target.root,
    device: {
      url,
      clientId,
      ca,
      alpn: alpn === undefined ? undefined : [alpn],
      // read each time: it may have been rotated, and a local runtime that was started anew has another address
      token: async () => {
        const key = await target.issuerKey().catch(() => openTarget(options).issuerKey())
        return issueToken(key, { clientId, permissions: ALL_PERMISSIONS })
      },
      permissions: ALL_PERMISSIONS,
      organizationId: environment.MQTT_ORGANIZATION_ID || organizationId,
      deviceId: environment.MQTT_DEVICE_ID || deviceId,
    },
  }
}

function startFailure(error: unknown, { port, stateFolder }: { port: number; stateFolder: string }): unknown {
  if (errorCode(error) === 'EADDRINUSE') {
    const text = `port ${port} is in use; name another with --port, or 0 for a free one`
    return new CommandError('failed', 'port_in_use', text, { cause: error })
  }
  if (errorCode(error) === 'ERR_SQLITE_ERROR') {
    const text = `${stateFolder} cannot be used, perhaps by another edge service (EDGE_STATE_FOLDER): ${error instanceof Error ? error.message : String(error)}`
    return new CommandError('failed', 'state_in_use', text, { cause: error })
  }
  return error
}

function banner(url: string, device: DeviceOptions, { colors, result }: Terminal): void {
  const { clientId, organizationId = 'not known yet', deviceId = 'not known yet' } = device
  const rows = {
    HTTP: url,
    reference: url.startsWith('unix:') ? 'GET /docs' : `${url}/docs`,
    device: clientId,
    organization: organizationId,
    'device id': deviceId,
    broker: device.url,
  }
  result(`\n${colors.bold('edge service')} is ready`)
  for (const [name, value] of Object.entries(rows)) result(`  ${colors.dim(name.padEnd(12))} ${value}`)
  result('')
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}
