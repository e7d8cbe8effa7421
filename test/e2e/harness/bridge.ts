import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { GetQueueUrlCommand, ListQueuesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { marshall } from '@aws-sdk/util-dynamodb'
import { DEFAULT_STAGE, type DeviceRecord, deploymentNames, type IssuerKey, signingKey } from '#contract/index.ts'
import { type BrokerObserver, type LogLine, type Runtime, startRuntime } from '#local/index.ts'
import { ALL_PERMISSIONS, issueToken } from '../../../cli/issue-token.ts'
import { readIssuerKeys } from '../../../cli/issuer-keys.ts'
import { sharedFolders } from './assembly.ts'
import { connectDevice, type Device, type DeviceOptions } from './device.ts'
import { createRecordedLog, type RecordedLog } from './recorded-log.ts'

export const NAMES = deploymentNames(DEFAULT_STAGE)

export interface BridgeOptions {
  /** Default: the shared assembly. */
  assemblyFolder?: string
  /** Default: everything in memory. */
  stateFolder?: string
  parameters?: Readonly<Record<string, string>>
  /** Default: as long as that of the runtime. */
  expirySweepMs?: number
  /** Told of what happens at the broker, and of each log line of a function, as the console is. */
  watcher?: { observer: BrokerObserver; onLogLine(line: LogLine): void }
}

export type ConnectOptions = Partial<DeviceOptions> & { permissions?: readonly string[] }

/** A bridge for one test, on free ports, with clients for all that it serves. */
export interface Bridge extends AsyncDisposable {
  readonly runtime: Runtime
  readonly log: RecordedLog
  readonly dynamoDb: DynamoDBClient
  readonly lambda: LambdaClient
  readonly sqs: SQSClient
  readonly issuerKey: IssuerKey
  token(clientId: string, options?: { permissions?: readonly string[]; lifetimeSeconds?: number }): string
  /** Connects with a fresh token; without a client id as jamey-instance-1. */
  connect(options?: ConnectOptions): Promise<Device>
  register(device: Partial<DeviceRecord> & Pick<DeviceRecord, 'client_id'>): Promise<void>
  /** Messages in the queue whose name holds this, for example `-dlq-conscience`. */
  queued(nameHolds: string): Promise<{ body: unknown; attributes: Record<string, string | undefined> }[]>
}

export async function startBridge(options: BridgeOptions = {}): Promise<Bridge> {
  const { assembly, certificates } = await sharedFolders()
  const log = createRecordedLog()
  const runtime = await startRuntime({
    assemblyFolder: options.assemblyFolder ?? assembly,
    stateFolder: options.stateFolder,
    certificatesFolder: certificates,
    mqttPort: 0,
    apiPort: 0,
    parameters: options.parameters ?? {},
    ...(options.expirySweepMs !== undefined && { expirySweepMs: options.expirySweepMs }),
    log: log.write,
    ...(options.watcher && { brokerObserver: options.watcher.observer }),
    onLogLine(line) {
      log.writeLine(line)
      options.watcher?.onLogLine(line)
    },
  })
  const aws = awsOptions(runtime)
  const dynamoDb = new DynamoDBClient(aws)
  const sqs = new SQSClient(aws)
  const lambda = new LambdaClient(aws)
  const issuerKey = await readIssuerKey(runtime)

  const token: Bridge['token'] = (clientId, { permissions = ALL_PERMISSIONS, lifetimeSeconds } = {}) =>
    issueToken(issuerKey, { clientId, permissions, ...(lifetimeSeconds !== undefined && { lifetimeSeconds }) })

  return {
    runtime,
    log,
    dynamoDb,
    lambda,
    sqs,
    issuerKey,
    token,
    connect({ clientId = 'jamey-instance-1', permissions = ALL_PERMISSIONS, ...rest } = {}) {
      const password = rest.password ?? token(clientId, { permissions })
      return connectDevice(runtime.mqttUrl, runtime.caFile, { ...rest, clientId, password })
    },
    async register(device) {
      const record = { role: 'agent', status: 'active', key_version: 1, not_before_seconds: 0, ...device }
      await dynamoDb.send(new PutItemCommand({ TableName: NAMES.deviceTable, Item: marshall(record) }))
    },
    queued: (nameHolds) => queuedMessages(sqs, nameHolds),
    async [Symbol.asyncDispose]() {
      for (const client of [dynamoDb, sqs, lambda]) client.destroy()
      await runtime.close()
    },
  }
}

/** How SDK clients reach a runtime. */
export function awsOptions({ apiUrl, region, credentials }: Pick<Runtime, 'apiUrl' | 'region' | 'credentials'>) {
  return { endpoint: apiUrl, region, credentials, maxAttempts: 1 }
}

/** As an issuer reads it: through Secrets Manager, and the one that signs now. */
export async function readIssuerKey(target: Parameters<typeof awsOptions>[0]): Promise<IssuerKey> {
  const client = new SecretsManagerClient(awsOptions(target))
  const key = signingKey(await readIssuerKeys(client, NAMES.issuerSecret), Date.now() / 1_000)
  client.destroy()
  if (!key) throw new Error(`${NAMES.issuerSecret} has no value`)
  return key
}

async function queuedMessages(sqs: SQSClient, nameHolds: string) {
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}))
  const name = QueueUrls.map((url) => url.slice(url.lastIndexOf('/') + 1)).find((one) => one.includes(nameHolds))
  if (name === undefined) throw new Error(`no queue name holds ${nameHolds}, of ${QueueUrls.join(', ')}`)
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }))
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
  )
  return Messages.map(({ Body = '', MessageAttributes = {} }) => ({
    body: JSON.parse(Body) as unknown,
    attributes: Object.fromEntries(Object.entries(MessageAttributes).map(([key, value]) => [key, value.StringValue])),
  }))
}
