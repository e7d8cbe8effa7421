import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  DescribeDomainConfigurationCommand,
  type DescribeDomainConfigurationCommandOutput,
  IoTClient,
  type TestInvokeAuthorizerCommandOutput,
} from '@aws-sdk/client-iot'
import { IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { type DeploymentNames, type DeviceRecord, deploymentNames, type IssuerKey } from '#contract/index.ts'
import { describeEndpoints } from '../endpoint.ts'
import { type AwsSettings, openTarget, type Target, type TargetOptions } from '../target.ts'
import { callApi } from './call-api.ts'
import { Problem } from './problems.ts'

export interface DoctorOptions extends TargetOptions {
  /** Whose token, record and policies are looked at. */
  clientId: string
  /** A token to look at instead of a fresh one. */
  token?: string
  /** URL of the token service, where the runtime file does not tell. */
  service?: string
  signingKey: string
  /** Goes on after the first thing that is wrong. */
  all?: boolean
  projectFolder: string
  /** Default: the machine's clock. */
  nowMs?: () => number
}

/** Where devices connect. */
export interface DeviceEndpoint {
  kind: string
  host: string
  port: number
  /** File of the authority; undefined: those that the system trusts. */
  caFile: string | undefined
}

/** What the checks share. What one of them found out is asked for once, and a check that needs it fails as that one did. */
export interface Examination {
  readonly options: DoctorOptions
  nowMs(): number
  /** Throws the Problems of finding it. */
  target(): Target
  names(): DeploymentNames
  clients(): { iot: IoTClient; iotData: IoTDataPlaneClient; dynamoDb: DynamoDBClient; secrets: SecretsManagerClient }
  endpoints(): Promise<DeviceEndpoint[]>
  /** The domain configuration of MQTT with a token, as the service has it. */
  domain(): Promise<DescribeDomainConfigurationCommandOutput>
  /** Filled by the checks of these names, for those after them. */
  found: { keys?: IssuerKey[]; device?: DeviceRecord; token?: string; answer?: TestInvokeAuthorizerCommandOutput }
}

const CLIENT_SETTINGS = { maxAttempts: 2, requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000 } }

export function openExamination(options: DoctorOptions): Examination {
  const target = once(() => openTarget(options))
  const names = () => deploymentNames(target().stage)
  const clients = once(() => {
    const settings: AwsSettings & typeof CLIENT_SETTINGS = { ...target().aws, ...CLIENT_SETTINGS }
    return {
      iot: new IoTClient(settings),
      iotData: new IoTDataPlaneClient(settings),
      dynamoDb: new DynamoDBClient(settings),
      secrets: new SecretsManagerClient(settings),
    }
  })

  return {
    options,
    nowMs: options.nowMs ?? Date.now,
    target,
    names,
    clients,
    endpoints: once(async () => {
      const found = await callApi('iot:DescribeDomainConfiguration', () => describeEndpoints(target()))
      if (!found.some(({ kind }) => kind === 'mqtt')) {
        throw new Problem('endpoint_missing', `there is no domain configuration ${names().domains.mqtt}`)
      }
      const { caFile } = target()
      return found.map(({ kind, host, url }) => ({
        kind,
        host,
        port: Number(new URL(url).port || 443),
        caFile,
      }))
    }),
    domain: once(() =>
      callApi('iot:DescribeDomainConfiguration', () =>
        clients().iot.send(new DescribeDomainConfigurationCommand({ domainConfigurationName: names().domains.mqtt })),
      ),
    ),
    found: {},
  }
}

function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
