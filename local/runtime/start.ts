import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type IotRegistry, isOpenLocally } from '../iot/index.ts'
import {
  createCustomResourceLedger,
  deleteRemovedCustomResources,
  RESOURCE_EMULATORS,
  type ResourceContext,
} from '../resources/index.ts'
import { openState } from '../state/index.ts'
import { createStack, loadAssembly } from '../template/index.ts'
import { ensureCertificates } from '../tls/index.ts'
import { LOCAL_ACCOUNT, type RuntimeOptions } from './options.ts'
import { openServices } from './services.ts'

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html: days on AWS, a minute here. */
const EXPIRY_SWEEP_MS = 60_000

/** A running bridge on this machine. */
export interface Runtime extends AsyncDisposable {
  readonly mqttUrl: string
  readonly apiUrl: string
  readonly caFile: string
  readonly region: string
  readonly outputs: Readonly<Record<string, string>>
  /** Of the person at this machine: allowed everything on the local API. */
  readonly credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string }
  /** Domain configurations without a listener here, each with what it would take. */
  readonly closedEndpoints: readonly string[]
  /** Resources whose type the runtime does not know. */
  readonly unsupported: readonly { logicalId: string; type: string }[]
  /** DynamoDB calls by table and operation since the start. */
  tableCalls(): Readonly<Record<string, Readonly<Record<string, number>>>>
  functionStats(): ReturnType<import('../lambda/index.ts').LambdaService['stats']>
  /** Resolves when no function runs and none is queued. */
  idle(): Promise<void>
  close(): Promise<void>
}

/**
 * Runs a synthesized cloud assembly: creates every resource of its template, then opens the MQTT listener. Rejects with what is wrong
 * (a port in use, SQL that does not compile, a grant that is missing) and leaves nothing open.
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { accountId, region, host } = LOCAL_ACCOUNT
  const { log, onProgress = () => {} } = options
  await using opened = new AsyncDisposableStack()

  onProgress('certificates')
  const certificates = await ensureCertificates({ folder: options.certificatesFolder, log })
  onProgress('state')
  const state = opened.use(
    openState({ file: options.stateFolder ? join(options.stateFolder, 'state.db') : ':memory:' }),
  )
  const services = await openServices(state.db, options, opened)

  onProgress('resources')
  const assemblyStack = loadAssembly(options.assemblyFolder).stacks[0]
  if (!assemblyStack) throw new Error(`there is no stack in ${options.assemblyFolder}`)
  const checks: (() => void)[] = []
  const { iam, lambda, dynamoDb, secrets, sqs, registry, rules, cfnResponses, api } = services
  const context: ResourceContext = {
    region,
    accountId,
    stackId: `arn:aws:cloudformation:${region}:${accountId}:stack/${assemblyStack.stackName}/local`,
    apiUrl: api.url,
    domainName: host,
    assetFolder: (key) => assemblyStack.assetFolder(key),
    iam,
    lambda,
    functionRoles: new Map(),
    dynamoDb,
    secrets,
    sqs,
    iot: registry,
    rules,
    cfnResponses,
    customResources: createCustomResourceLedger(state.db),
    afterCreation: (check) => void checks.push(check),
    log,
  }
  const stack = opened.use(
    await createStack({
      template: assemblyStack.template,
      registry: RESOURCE_EMULATORS,
      pseudo: { region, accountId, stackName: assemblyStack.stackName },
      parameters: options.parameters ?? {},
      context,
      onUnsupported: (type, logicalId) => log({ level: 'warn', event: 'resource_unsupported', type, logicalId }),
    }),
  )
  for (const check of checks) check()
  await deleteRemovedCustomResources(context, new Set(stack.resources.map(({ logicalId }) => logicalId)))

  lambda.start()
  const sweep = setInterval(() => {
    void dynamoDb
      .sweepExpired()
      .catch((error: unknown) => log({ level: 'warn', event: 'expiry_sweep_failed', error: String(error) }))
  }, EXPIRY_SWEEP_MS)
  sweep.unref()
  opened.defer(() => clearInterval(sweep))

  for (const name of closedEndpoints(registry)) log({ level: 'info', event: 'endpoint_not_open', name })
  onProgress('broker')
  const { port } = await services.broker.listen({
    port: options.mqttPort,
    host: '127.0.0.1',
    tls: { key: readFileSync(certificates.keyFile), cert: readFileSync(certificates.certFile) },
  })

  const resources = opened.move()
  const close = () => resources.disposeAsync()
  return {
    mqttUrl: `mqtts://${host}:${port}`,
    apiUrl: api.url,
    caFile: certificates.caFile,
    region,
    outputs: stack.outputs,
    credentials: iam.developerCredentials,
    unsupported: stack.unsupported,
    closedEndpoints: closedEndpoints(registry),
    tableCalls: () => dynamoDb.counts(),
    functionStats: () => lambda.stats(),
    idle: () => lambda.idle(),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function closedEndpoints({ domains }: IotRegistry): string[] {
  return [...domains.values()]
    .filter((domain) => domain.isEnabled && !isOpenLocally(domain))
    .map(
      ({ name, applicationProtocol, authenticationType }) => `${name} (${applicationProtocol}, ${authenticationType})`,
    )
}
