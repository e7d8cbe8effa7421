import { readFileSync } from 'node:fs'
import { DescribeDomainConfigurationCommand, IoTClient } from '@aws-sdk/client-iot'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { Command } from 'commander'
import {
  DEFAULT_ROOT,
  DEFAULT_STAGE,
  deploymentNames,
  deviceMasterSchema,
  type IssuerKey,
  signingKey,
} from '#contract/index.ts'
import { CommandError } from './command-error.ts'
import { readIssuerKeys } from './issuer-keys.ts'
import { DEFAULT_STATE_FOLDER, readRuntimeFile } from './runtime-file.ts'

/** Which bridge a command talks to. */
export interface TargetOptions {
  aws?: boolean
  stage?: string
  root?: string
  state: string
}

export interface AwsSettings {
  endpoint?: string
  region?: string
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken: string }
}

export interface Target {
  stage: string
  root: string
  /** Host and port for devices, and the authority that signed its certificate; undefined: one the system trusts. */
  mqtt(): Promise<{ url: string; ca: string | undefined; alpn: string | undefined }>
  /** File of the authority that signed the servers' certificates; undefined: one the system trusts. */
  readonly caFile: string | undefined
  /** The key of the issuer that signs now. */
  issuerKey(): Promise<IssuerKey>
  /** The secret that device keys are derived from. */
  deviceMaster(): Promise<{ secret: string }>
  /** What SDK clients are made with: empty for AWS, where environment and profile say it. */
  readonly aws: AwsSettings
  /** Undefined where only the stack's outputs tell: on AWS. */
  readonly tokenServiceUrl: string | undefined
  /** Likewise. */
  readonly requestsUrl: string | undefined
  describeDomain(name: string): Promise<string | undefined>
  /** URLs of the local runtime by kind of endpoint; undefined for AWS. */
  readonly localEndpoints: Readonly<Record<string, string>> | undefined
}

/** Adds the options by which every command chooses its bridge, as a group of their own. */
export function withTargetOptions(command: Command): Command {
  return command
    .optionsGroup('Which bridge:')
    .option(
      '--aws',
      'the deployment in your AWS account (credentials and region as for the AWS CLI) instead of the local runtime',
    )
    .option('--stage <name>', `with --aws: stage of the deployment (default: "${DEFAULT_STAGE}")`)
    .option('--root <root>', `with --aws: topic root of the deployment (default: "${DEFAULT_ROOT}")`)
    .option('--state <folder>', 'without --aws: state folder of the local runtime', DEFAULT_STATE_FOLDER)
}

/** The same calls for both: the local runtime is AWS at another address. */
export function openTarget(options: TargetOptions): Target {
  const local = options.aws ? undefined : readRuntimeFile(options.state)
  const { stage, root } = local ?? { stage: options.stage ?? DEFAULT_STAGE, root: options.root ?? DEFAULT_ROOT }
  const names = deploymentNames(stage)
  const aws: AwsSettings = local ? { endpoint: local.apiUrl, region: local.region, credentials: local.credentials } : {}

  async function describeDomain(domainConfigurationName: string): Promise<string | undefined> {
    const { domainName } = await new IoTClient(aws).send(
      new DescribeDomainConfigurationCommand({ domainConfigurationName }),
    )
    return domainName
  }

  return {
    stage,
    root,
    aws,
    caFile: local?.caFile,
    tokenServiceUrl: local?.tokenServiceUrl,
    requestsUrl: local?.requestsUrl,
    describeDomain,
    localEndpoints: local?.endpoints,
    async mqtt() {
      if (local) return { url: local.mqttUrl, ca: readFileSync(local.caFile, 'utf8'), alpn: undefined }
      const host = await describeDomain(names.domains.mqtt)
      if (!host) throw new CommandError('failed', 'endpoint_unknown', `${names.domains.mqtt} has no host name`)
      // 443 with this protocol name is the one combination documented for MQTT with a custom authorizer
      return { url: `mqtts://${host}:443`, ca: undefined, alpn: 'mqtt' }
    },
    async issuerKey() {
      const client = new SecretsManagerClient(aws)
      const keys = await readIssuerKeys(client, names.issuerSecret)
      const key = signingKey(keys, Date.now() / 1_000)
      if (!key) throw new CommandError('failed', 'secret_empty', `${names.issuerSecret} has no value`)
      return key
    },
    async deviceMaster() {
      const { SecretString } = await new SecretsManagerClient(aws).send(
        new GetSecretValueCommand({ SecretId: names.deviceMasterSecret }),
      )
      return deviceMasterSchema.parse(JSON.parse(SecretString ?? 'null'))
    },
  }
}
