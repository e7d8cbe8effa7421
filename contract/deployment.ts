/**
 * Names that the stack gives and others look up: the command line, the local runtime's users, the documents. A deployment is
 * one stage in one account and region.
 */
export const DEFAULT_STAGE = 'dev'
/** Dashes stand single and inside: in the names of rules they become `_`, where runs of it would be one. */
export const STAGE_PATTERN = /^(?=.{1,16}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/

export interface DeploymentNames {
  stackName: string
  authorizer: string
  /** Domain configurations by what connects to them. */
  domains: { mqtt: string; wss: string; mutualTls: string }
  issuerSecret: string
  deviceTable: string
  correlationTable: string
  memoryTable: string
  statusTable: string
  /** Topic rules are named `<prefix>_<topic>`; the service takes no dash there. */
  rulePrefix: string
}

/** All fixed names of a stage. */
export function deploymentNames(stage: string): DeploymentNames {
  const base = `mqtt-cloud-bridge-${stage}`
  return {
    stackName: base,
    authorizer: `${base}-authorizer`,
    domains: { mqtt: `${base}-mqtt`, wss: `${base}-wss`, mutualTls: `${base}-mutual-tls` },
    issuerSecret: `${base}/issuer`,
    deviceTable: `${base}-devices`,
    correlationTable: `${base}-correlations`,
    memoryTable: `${base}-memories`,
    statusTable: `${base}-status`,
    rulePrefix: base.replaceAll('-', '_'),
  }
}

/** Key and TTL attributes of the tables that more than one folder writes: whoever creates a table and whoever fills it agree here. */
export const TABLE_KEYS = {
  correlations: { partitionKey: 'request_key', timeToLive: 'expires_at_seconds' },
  devices: { partitionKey: 'client_id' },
} as const
