/**
 * Names that the stack gives and others look up: the command line, the local runtime's users, the documents. A deployment is
 * one stage in one account and region.
 */
export const DEFAULT_STAGE = 'dev'
/** Dashes stand single and inside: in the names of rules they become `_`, where runs of it would be one. */
export const STAGE_PATTERN = /^(?=.{1,16}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/

/**
 * Where the local runtime listens on loopback unless told otherwise: the usual port of MQTT over TLS, and others that no well-known service
 * has. `mqtt` to `certificates` are endpoints of devices.
 */
export const LOCAL_PORTS = {
  mqtt: 8883,
  wss: 8443,
  mutualTls: 8884,
  https: 8444,
  certificates: 8885,
  api: 4599,
  httpApi: 4600,
  console: 4601,
} as const

export interface DeploymentNames {
  stackName: string
  authorizer: string
  /** Instead of it where the gateway checks signatures: the service cannot switch that on in one that exists. */
  signingAuthorizer: string
  /** Domain configurations by what connects to them. */
  domains: { mqtt: string; wss: string; mutualTls: string; https: string; certificates: string }
  issuerSecret: string
  /** What device keys are derived from. */
  deviceMasterSecret: string
  deviceTable: string
  correlationTable: string
  memoryTable: string
  statusTable: string
  presenceTable: string
  /** Versions of what the conscience judges by. */
  ruleTable: string
  /** Where others listen, in deployments with events. */
  eventBus: string
  /** Holds disconnections back until they have lasted. */
  presenceQueue: string
  /** Topic rules are named `<prefix>_<topic>`; the service takes no dash there. */
  rulePrefix: string
  /** Dead-letter queues are named `<prefix><label>`. */
  deadLetterPrefix: string
}

/** All fixed names of a stage. */
export function deploymentNames(stage: string): DeploymentNames {
  const base = `mqtt-cloud-bridge-${stage}`
  return {
    stackName: base,
    authorizer: `${base}-authorizer`,
    signingAuthorizer: `${base}-signing-authorizer`,
    domains: {
      mqtt: `${base}-mqtt`,
      wss: `${base}-wss`,
      mutualTls: `${base}-mutual-tls`,
      https: `${base}-https`,
      certificates: `${base}-certificates`,
    },
    issuerSecret: `${base}/issuer`,
    deviceMasterSecret: `${base}/device-master`,
    deviceTable: `${base}-devices`,
    correlationTable: `${base}-correlations`,
    memoryTable: `${base}-memories`,
    statusTable: `${base}-status`,
    presenceTable: `${base}-presence`,
    ruleTable: `${base}-rules`,
    eventBus: `${base}-events`,
    presenceQueue: `${base}-presence-checks`,
    rulePrefix: base.replaceAll('-', '_'),
    deadLetterPrefix: `${base}-dlq-`,
  }
}

/** Where IoT Core writes its own logs. https://docs.aws.amazon.com/iot/latest/developerguide/cwl-format.html */
export const IOT_LOG_GROUP = 'AWSIotLogsV2'

/** The alias under which durable functions are invoked. An execution stays with the version that it was started on. */
export const DURABLE_ALIAS = 'live'

/** A function of a stage by the name of its folder. */
export function functionName(stage: string, name: string): string {
  return `${deploymentNames(stage).stackName}-${name}`
}

/** Label of the queue of what no function could take; the other queues have the name of their function. */
export const RULE_ERRORS_LABEL = 'ruleErrors'
const DEAD_LETTER_LABEL = /^[A-Za-z][A-Za-z0-9]*$/

/** Name of a dead-letter queue; the label says whose it is. */
export function deadLetterQueueName(stage: string, label: string): string {
  if (!DEAD_LETTER_LABEL.test(label)) throw new TypeError(`expected letters and digits as label, got ${label}`)
  return deploymentNames(stage).deadLetterPrefix + label
}

/** The label in the name of a dead-letter queue of this stage, else undefined. It has no dash, so another stage's name is never taken for one. */
export function deadLetterLabel(stage: string, queueName: string): string | undefined {
  const { deadLetterPrefix } = deploymentNames(stage)
  const label = queueName.startsWith(deadLetterPrefix) ? queueName.slice(deadLetterPrefix.length) : ''
  return DEAD_LETTER_LABEL.test(label) ? label : undefined
}

/** Name under which a client hands its token to a gateway that checks signatures. */
export const TOKEN_KEY_NAME = 'token'

/** The thing group of a role: the command line knows a role of the deployment by it. */
export function roleGroupName(stage: string, role: string): string {
  return `${deploymentNames(stage).stackName}-${role}`
}

/** A role's policies for certificates, numbered from 1. */
export function rolePolicyName(stage: string, role: string, number: number): string {
  return `${deploymentNames(stage).stackName}-${role}-${number}`
}

/**
 * The type of all things below a root. Endpoints of an account share their topics, so a second deployment on one root must not succeed: it
 * fails on this name.
 */
export function thingTypeName(root: string): string {
  return `mqtt-cloud-bridge:${root.replaceAll('/', ':')}`
}

/** Key and TTL attributes of the tables that more than one folder writes: whoever creates a table and whoever fills it agree here. */
export const TABLE_KEYS = {
  correlations: { partitionKey: 'request_key', timeToLive: 'expires_at_seconds' },
  devices: { partitionKey: 'client_id' },
  presence: { partitionKey: 'client_id' },
  rules: { partitionKey: 'rule_set', sortNumber: 'version' },
} as const
