import { join } from 'node:path'
import type { ClientFacts } from '../broker/index.ts'
import type { AlarmStatus } from '../cloudwatch/index.ts'
import type { GrantUse } from '../iam/index.ts'
import type { RuleCounts, RulesEngine } from '../iot/index.ts'
import type { LambdaService } from '../lambda/index.ts'
import type { Billed } from '../meter/index.ts'
import { openState } from '../state/index.ts'
import type { StackChanges } from '../template/index.ts'
import { ensureCertificates } from '../tls/index.ts'
import type { TraceRecorder } from '../trace/index.ts'
import { deploy } from './deployment.ts'
import { closedEndpoints, type Endpoints, openEndpoints } from './endpoints.ts'
import { healthProbes } from './health-probes.ts'
import { LOCAL_ACCOUNT, type RuntimeOptions } from './options.ts'
import { openServices } from './services.ts'

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html: days on AWS, a minute here. */
const EXPIRY_SWEEP_MS = 60_000
/** How soon an alarm is told in the log. */
const ALARM_LOOK_MS = 5_000

/** A running bridge on this machine. */
export interface Runtime extends AsyncDisposable {
  /** Of the endpoint for MQTT over TLS with a token. */
  readonly mqttUrl: string
  readonly endpoints: Endpoints
  readonly apiUrl: string
  /** Of the HTTP APIs; each has its id as first level. The template's outputs have the whole URLs. */
  readonly httpApiUrl: string
  readonly caFile: string
  readonly region: string
  readonly outputs: Readonly<Record<string, string>>
  /** Of the person at this machine: allowed everything on the local API. */
  readonly credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string }
  /** Domain configurations without a listener here, each with what it would take. */
  readonly closedEndpoints: readonly string[]
  /** Resources whose type the runtime does not know. */
  readonly unsupported: readonly { logicalId: string; type: string }[]
  /**
   * Runs another assembly of the same stack from now on. Connections, sessions, queued events and messages stay; what runs in a function
   * ends as it began. Rejects with what is wrong, and everything goes on as before. An endpoint that is new is opened; one that is
   * gone refuses new connections.
   */
  reload(assemblyFolder: string): Promise<StackChanges>
  /** Folders of code in use, of assemblies before the present one too. */
  codeFolders(): string[]
  /** All alarms of the template as they are now. */
  alarms(): AlarmStatus[]
  /** Connected clients. */
  connections(): ClientFacts[]
  /** Topic rules with their counts since the start; those that saw no message have none. */
  rules(): (ReturnType<RulesEngine['rules']>[number] & { counts: Readonly<RuleCounts> | undefined })[]
  /** The steps of the latest messages. */
  readonly traces: TraceRecorder
  /** DynamoDB calls by table and operation since the start. */
  tableCalls(): Readonly<Record<string, Readonly<Record<string, number>>>>
  /** What AWS would bill by the unit, since the start. */
  billed(): Billed
  /** What roles were granted, and how often each grant was needed since the start. */
  grantUse(): GrantUse[]
  functionStats(): ReturnType<LambdaService['stats']>
  /** Resolves when no function runs and none is queued. */
  idle(): Promise<void>
  close(): Promise<void>
}

/**
 * Runs a synthesized cloud assembly: creates every resource of its template, then opens the MQTT listener. Rejects with what is wrong
 * (a port in use, SQL that does not compile, a grant that is missing) and leaves nothing open.
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { region } = LOCAL_ACCOUNT
  const { log, onProgress = () => {}, expirySweepMs = EXPIRY_SWEEP_MS } = options
  await using opened = new AsyncDisposableStack()

  onProgress('certificates')
  const certificates = await ensureCertificates({ folder: options.certificatesFolder, log })
  onProgress('state')
  const state = opened.use(
    openState({ file: options.stateFolder ? join(options.stateFolder, 'state.db') : ':memory:' }),
  )
  const services = await openServices(state.db, options, opened)

  onProgress('resources')
  const deployment = await deploy(services, state.db, options)
  const { stack } = deployment
  const { iam, lambda, eventSources, dynamoDb, cloudWatch, secrets, registry, api, httpApiUrl } = services

  lambda.start()
  services.durable.resume()
  eventSources.start()
  services.states.endLeftovers()
  services.events.start()
  secrets.rotateDue()
  const sweep = setInterval(() => {
    secrets.rotateDue()
    void dynamoDb
      .sweepExpired()
      .catch((error: unknown) => log({ level: 'warn', event: 'expiry_sweep_failed', error: String(error) }))
  }, expirySweepMs)
  sweep.unref()
  opened.defer(() => clearInterval(sweep))

  const look = setInterval(() => cloudWatch.alarms(), ALARM_LOOK_MS)
  look.unref()
  opened.defer(() => clearInterval(look))

  for (const name of closedEndpoints(registry)) log({ level: 'info', event: 'endpoint_not_open', name })
  onProgress('broker')
  const endpoints = await openEndpoints(services, options, certificates)
  opened.defer(() => endpoints.close())
  services.health.watch(healthProbes(services, { endpoints, certificates, stack }))

  const resources = opened.move()
  const close = () => resources.disposeAsync()
  return {
    mqttUrl: endpoints.urls.mqtt,
    endpoints: endpoints.urls,
    apiUrl: api.url,
    httpApiUrl,
    caFile: certificates.caFile,
    region,
    get outputs() {
      return stack.outputs
    },
    credentials: iam.developerCredentials,
    get unsupported() {
      return stack.unsupported
    },
    get closedEndpoints() {
      return closedEndpoints(registry)
    },
    async reload(assemblyFolder) {
      const changes = await deployment.change(assemblyFolder)
      await endpoints.openMissing()
      return changes
    },
    codeFolders: () => lambda.codePaths(),
    alarms: () => cloudWatch.alarms(),
    connections: () => [...services.broker.connections()],
    rules() {
      const counts = services.rules.counts()
      return services.rules
        .rules()
        .map(({ name, sql, isDisabled }) => ({ name, sql, isDisabled, counts: counts[name] }))
    },
    traces: services.traces,
    tableCalls: () => dynamoDb.counts(),
    billed: () => ({ ...services.meter.read(), 'lambda.requests': invocations(lambda.stats()) }),
    grantUse: () => iam.grantUse(),
    functionStats: () => lambda.stats(),
    async idle() {
      // what a function sends or puts goes on to another function
      do {
        await services.events.idle()
        await lambda.idle()
        await eventSources.idle()
      } while (!lambda.isIdle() || services.events.active() > 0)
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function invocations(stats: ReturnType<LambdaService['stats']>): Record<string, number> {
  const used = Object.entries(stats).filter(([, { invocations: count }]) => count > 0)
  return Object.fromEntries(used.map(([name, { invocations: count }]) => [name, count]))
}
