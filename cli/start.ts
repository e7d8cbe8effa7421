import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { DEFAULT_ROOT, DEFAULT_STAGE, LOCAL_PORTS } from '#contract/index.ts'
import { RATE_LIMIT_MODES, type RateLimitMode, startRuntime } from '#local/index.ts'
import { CommandError, errorCode } from './command-error.ts'
import { createConsoleRecorder, preparePage, startConsole } from './console/index.ts'
import { startExampleUpstream } from './example-upstream.ts'
import { printIamReport } from './iam-report.ts'
import { keyValues } from './key-values.ts'
import { createProgress } from './progress.ts'
import { DEFAULT_STATE_FOLDER, findRunningRuntime, removeRuntimeFile, writeRuntimeFile } from './runtime-file.ts'
import { createRuntimeLog } from './runtime-log.ts'
import { banner } from './start-banner.ts'
import { hasParameter, projectContext, synthesize } from './synthesize.ts'
import { openTarget } from './target.ts'
import type { Terminal } from './terminal.ts'
import { createAssemblyFolders } from './watch/assembly-folders.ts'
import { watchProject } from './watch/watch-project.ts'

/** How the stack names what it takes its upstream from. */
const UPSTREAM_PARAMETER = 'ApiUpstreamUrl'
const DEFAULT_PORTS = {
  mqtt: String(LOCAL_PORTS.mqtt),
  api: String(LOCAL_PORTS.api),
  httpApi: String(LOCAL_PORTS.httpApi),
  console: String(LOCAL_PORTS.console),
}
/** Of the endpoints that a deployment may have; the option of each is named after it. */
const ENDPOINT_KINDS = ['wss', 'mutualTls', 'https', 'certificates'] as const
type EndpointKind = (typeof ENDPOINT_KINDS)[number]

interface StartOptions extends Partial<Record<`${EndpointKind}Port`, string>> {
  mqttPort: string
  apiPort: string
  httpApiPort?: string
  consolePort?: string
  /** With --no-console: false. */
  console: boolean
  state: string
  ephemeral?: boolean
  root?: string
  context?: string[]
  upstream?: string
  template?: string
  rateLimits: RateLimitMode
  json?: boolean
  verbose?: boolean
  /** With --no-watch: false. */
  watch: boolean
  iamReport?: boolean
}

const EXAMPLES = `
Everything listens on this machine alone. Stop it with Ctrl-C; what --state holds is there at the next start. A change of a source is
taken while it runs: connections stay, and what does not compile is told and left aside.

Examples:
  npx bridge start
  npx bridge start --mqtt-port 0 --api-port 0 --ephemeral
  npx bridge start -c tokenLifetimeSeconds=600 --upstream http://127.0.0.1:3000`

/** `bridge start`: runs the deployment on this machine until interrupted. */
export function startCommand(program: Command, terminal: Terminal, projectFolder: string): void {
  program
    .command('start')
    .description('run the deployment on this machine: the same template, the same bundles')
    .option('--mqtt-port <port>', 'port of MQTT over TLS; 0 picks a free one', DEFAULT_PORTS.mqtt)
    .option('--api-port <port>', 'port of the AWS APIs; 0 picks a free one', DEFAULT_PORTS.api)
    .option('--http-api-port <port>', `port of HTTP APIs (default: ${DEFAULT_PORTS.httpApi}; 0 with --api-port 0)`)
    .option('--console-port <port>', `port of the console (default: ${DEFAULT_PORTS.console}; 0 with --api-port 0)`)
    .option('--no-console', 'do not serve the console')
    .option('--wss-port <port>', `port of MQTT over WebSockets (default: ${LOCAL_PORTS.wss}; 0 with --mqtt-port 0)`)
    .option('--mutual-tls-port <port>', `port for certificate and token (default: ${LOCAL_PORTS.mutualTls}, likewise)`)
    .option('--https-port <port>', `port for publishing by HTTPS (default: ${LOCAL_PORTS.https}, likewise)`)
    .option(
      '--certificates-port <port>',
      `port for certificates alone (default: ${LOCAL_PORTS.certificates}, likewise)`,
    )
    .option('--state <folder>', 'where tables, queues and sessions are kept', DEFAULT_STATE_FOLDER)
    .option('--ephemeral', 'keep everything in memory')
    .option('--root <root>', `root of the topics (default: "${DEFAULT_ROOT}")`)
    .option('-c, --context <key=value...>', 'settings of the stack, as for "cdk deploy"')
    .option(
      '--upstream <url>',
      'API that api requests go to; "none" for none (default: the setting apiUpstreamUrl, else a small example API)',
    )
    .option('--template <folder>', 'run this cloud assembly as it is, without synthesizing')
    .addOption(
      new Option('--rate-limits <which>', 'of MQTT: as on AWS, all but the one of CONNECT, or none')
        .choices(RATE_LIMIT_MODES)
        .default('local'),
    )
    .option('--json', 'print one line of JSON when ready')
    .option('--no-watch', 'do not reload when a source changes')
    .option('--iam-report', 'at the end, tell which granted actions were never used')
    .option('--verbose', 'show every log line, of functions too')
    .addHelpText('after', EXAMPLES)
    .action((options: StartOptions) => start(options, terminal, projectFolder))
}

async function start(options: StartOptions, terminal: Terminal, projectFolder: string): Promise<void> {
  const startedAtMs = performance.now()
  // functions run in threads, which share the time zone of the process; on Lambda it is UTC
  process.env.TZ = 'UTC'
  const progress = createProgress(terminal)
  const { log, onLogLine } = createRuntimeLog(terminal, { isVerbose: options.verbose === true })
  await using opened = new AsyncDisposableStack()
  const folders = opened.use(createAssemblyFolders())

  // the upstream is given to the template as its parameter, so that another one needs no other template
  const { apiUpstreamUrl, ...settings } = contextOf(options)
  const projectUpstream = projectContext(projectFolder).apiUpstreamUrl
  const setting = apiUpstreamUrl ?? (typeof projectUpstream === 'string' ? projectUpstream : '')
  if (setting !== '') checkUpstream('apiUpstreamUrl', setting)
  if (options.upstream !== undefined && options.upstream !== 'none') checkUpstream('--upstream', options.upstream)
  const context = { ...settings, apiUpstreamUrl: '' }
  const stateFolder = resolve(options.state)
  // the state itself is locked, but this one has none
  if (options.ephemeral && findRunningRuntime(stateFolder)) {
    const text = `another bridge runs with ${stateFolder}, where the other commands look for one; name another with --state`
    throw new CommandError('failed', 'state_in_use', text)
  }
  const assemblyFolder = resolve(options.template ?? 'cdk.out')
  if (!options.template) {
    progress.step('synthesizing the template and bundling the functions')
    await synthesize({ projectFolder, outputFolder: assemblyFolder, context })
  }
  // an assembly of somebody else's may have its upstream written in
  const takesUpstream = hasParameter(assemblyFolder, UPSTREAM_PARAMETER)
  if (!takesUpstream && options.upstream !== undefined) {
    const text = `--upstream: the template in ${assemblyFolder} has no parameter ${UPSTREAM_PARAMETER}`
    throw new CommandError('usage', 'invalid_option', text)
  }
  const chosen = options.upstream ?? (setting || undefined)
  const upstreamUrl = takesUpstream
    ? (chosen ?? (await exampleUpstream(opened, progress, projectFolder)))
    : 'as the template says'
  const parameters = takesUpstream ? { [UPSTREAM_PARAMETER]: upstreamUrl === 'none' ? '' : upstreamUrl } : {}

  const recorder = options.console ? createConsoleRecorder() : undefined
  const pageFolder = recorder && (await preparePage(projectFolder, () => progress.step('building the console')))

  const runtime = opened.use(
    await startRuntime({
      assemblyFolder,
      stateFolder: options.ephemeral ? undefined : stateFolder,
      certificatesFolder: resolve(projectFolder, 'certs/local'),
      mqttPort: portOf('--mqtt-port', options.mqttPort),
      endpointPorts: endpointPorts(options),
      apiPort: portOf('--api-port', options.apiPort),
      httpApiPort: portOf('--http-api-port', httpApiPortOf(options)),
      parameters,
      rateLimits: options.rateLimits,
      log,
      onLogLine(line) {
        onLogLine(line)
        recorder?.onLogLine(line)
      },
      ...(recorder && { brokerObserver: recorder.observer }),
      onProgress: (step) => progress.step(`starting: ${step}`),
    }).catch((error: unknown) => {
      throw startFailure(error, options)
    }),
  )
  progress.done()
  const { mqttUrl, endpoints, apiUrl, caFile, region, credentials } = runtime
  // what runs says what it is: with --template it need not be what the options say
  const root = runtime.outputs.TopicRoot ?? DEFAULT_ROOT
  const stage = runtime.outputs.Stage ?? DEFAULT_STAGE
  const publish = () =>
    writeRuntimeFile(stateFolder, {
      pid: process.pid,
      mqttUrl,
      endpoints,
      apiUrl,
      tokenServiceUrl: runtime.outputs.TokenServiceUrl,
      requestsUrl: runtime.outputs.RequestsUrl,
      caFile,
      root: runtime.outputs.TopicRoot ?? DEFAULT_ROOT,
      stage,
      region,
      credentials,
    })
  publish()
  opened.defer(() => removeRuntimeFile(stateFolder))
  const page =
    recorder && pageFolder !== undefined
      ? opened.use(
          await startConsole({
            ...{ runtime, recorder, pageFolder, target: openTarget({ state: options.state }) },
            port: portOf('--console-port', consolePortOf(options)),
          }).catch((error: unknown) => {
            throw startFailure(error, options)
          }),
        )
      : undefined
  if (options.watch && !options.template) {
    opened.use(await watchProject({ projectFolder, context, runtime, folders, log, onReloaded: publish }))
  }

  // before it is announced: whoever reads that may end it at once
  const stopped = interrupted()
  const readyMs = Math.round(performance.now() - startedAtMs)
  if (options.json)
    terminal.result(JSON.stringify({ mqttUrl, endpoints, apiUrl, consoleUrl: page?.url, caFile, root, readyMs }))
  else banner(runtime, { root, readyMs, upstreamUrl, consoleUrl: page?.url }, terminal)
  await stopped
  terminal.note('stopping')
  if (options.iamReport) printIamReport(runtime.grantUse(), terminal)
}

/** Checked here: a function would find out only when the first request comes. */
function checkUpstream(name: string, url: string): void {
  if (/^https?:\/\/[^@?#]+$/.test(url) && URL.canParse(url)) return
  const text = `${name}: expected an http or https base URL without user, query and fragment, got ${url}`
  throw new CommandError('usage', 'invalid_option', text)
}

async function exampleUpstream(
  opened: AsyncDisposableStack,
  progress: ReturnType<typeof createProgress>,
  projectFolder: string,
): Promise<string> {
  progress.step('starting the example upstream')
  const upstream = await startExampleUpstream(projectFolder)
  opened.defer(() => upstream.close())
  return upstream.url
}

function contextOf({ context, root }: StartOptions): Record<string, string> & { root: string } {
  const given = keyValues('--context', context)
  return { ...given, root: root ?? given.root ?? DEFAULT_ROOT }
}

function portOf(option: string, text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new CommandError('usage', 'invalid_option', `${option}: expected a port from 0 to 65535, got ${text}`)
}

/** Who takes any port for the AWS APIs takes any for the others too. */
function httpApiPortOf({ apiPort, httpApiPort }: StartOptions): string {
  return httpApiPort ?? (apiPort === '0' ? '0' : DEFAULT_PORTS.httpApi)
}

function consolePortOf({ apiPort, consolePort }: StartOptions): string {
  return consolePort ?? (apiPort === '0' ? '0' : DEFAULT_PORTS.console)
}

/** Who takes any port for MQTT takes any for the others too. */
function endpointPorts(options: StartOptions): Record<EndpointKind, number> {
  const isAny = options.mqttPort === '0'
  const entries = ENDPOINT_KINDS.map((kind) => {
    const given = options[`${kind}Port`]
    return [kind, given === undefined ? (isAny ? 0 : LOCAL_PORTS[kind]) : portOf(optionOf(kind), given)]
  })
  return Object.fromEntries(entries) as Record<EndpointKind, number>
}

function optionOf(kind: EndpointKind | 'mqtt'): string {
  return `--${kind.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}-port`
}

function startFailure(error: unknown, options: StartOptions): unknown {
  if (errorCode(error) !== 'EADDRINUSE') return error
  const port = error instanceof Error && 'port' in error ? Number(error.port) : undefined
  const endpoint = Object.entries(endpointPorts(options)).find(([, one]) => one === port)?.[0]
  const apiOption = {
    [options.apiPort]: '--api-port',
    [httpApiPortOf(options)]: '--http-api-port',
    [consolePortOf(options)]: '--console-port',
  }[String(port)]
  const option = apiOption ?? optionOf((endpoint as EndpointKind) ?? 'mqtt')
  return new CommandError(
    'failed',
    'port_in_use',
    `port ${port} is in use; name another with ${option}, or 0 for a free one`,
  )
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}
