import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { IoTClient } from '@aws-sdk/client-iot'
import { IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane'
import { DEFAULT_ROOT, DEFAULT_STAGE, type DeploymentNames, deploymentNames } from '#contract/index.ts'
import { ALL_PERMISSIONS, issueToken } from '../../cli/issue-token.ts'
import { openTarget } from '../../cli/target.ts'
import { connectDevice, type Device, type DeviceOptions } from '../e2e/harness/device.ts'

/** A deployment as its users reach it: on AWS, or in the local runtime by another endpoint. */
export interface Service extends Disposable {
  readonly root: string
  readonly names: DeploymentNames
  readonly iot: IoTClient
  readonly data: IoTDataPlaneClient
  readonly dynamoDb: DynamoDBClient
  token(clientId: string, options?: { permissions?: readonly string[]; lifetimeSeconds?: number }): Promise<string>
  /** With a fresh token unless another password is given. */
  connect(clientId: string, options?: Partial<DeviceOptions>): Promise<Device>
}

/** A topic takes one retained message a second: the SDK waits and tries again. */
const RETRIES = 8
/** The service takes one CONNECT a second for a client id. https://docs.aws.amazon.com/general/latest/gr/iot-core.html */
const CONNECT_PAUSE_MS = 1_100

/**
 * Reads everything from the environment, as any program of AWS does: region and credentials, and `AWS_ENDPOINT_URL` for another place.
 * `BRIDGE_TEST_MQTT_URL` and `BRIDGE_TEST_CA_FILE` name a broker that its domain configuration does not.
 */
export async function openService(): Promise<Service> {
  const { BRIDGE_TEST_STAGE = DEFAULT_STAGE, BRIDGE_TEST_ROOT = DEFAULT_ROOT } = process.env
  const target = openTarget({ aws: true, stage: BRIDGE_TEST_STAGE, root: BRIDGE_TEST_ROOT, state: '' })
  const [iot, data, dynamoDb] = [
    new IoTClient({}),
    new IoTDataPlaneClient({ maxAttempts: RETRIES }),
    new DynamoDBClient({}),
  ]
  const mqtt = await target.mqtt()
  const { BRIDGE_TEST_MQTT_URL: url = mqtt.url, BRIDGE_TEST_CA_FILE: caFile } = process.env
  const alpn = process.env.BRIDGE_TEST_MQTT_URL === undefined ? mqtt.alpn : undefined
  const issuerKey = await target.issuerKey()
  const lastConnectMs = new Map<string, number>()

  const token: Service['token'] = async (clientId, { permissions = ALL_PERMISSIONS, lifetimeSeconds } = {}) =>
    issueToken(issuerKey, { clientId, permissions, ...(lifetimeSeconds !== undefined && { lifetimeSeconds }) })

  async function pause(clientId: string): Promise<void> {
    const waitMs = (lastConnectMs.get(clientId) ?? 0) + CONNECT_PAUSE_MS - Date.now()
    // the local runtime does not count them unless it is told to
    if (waitMs > 0 && process.env.AWS_ENDPOINT_URL === undefined) await delay(waitMs)
    lastConnectMs.set(clientId, Date.now())
  }

  return {
    root: target.root,
    names: deploymentNames(target.stage),
    iot,
    data,
    dynamoDb,
    token,
    async connect(clientId, options = {}) {
      await pause(clientId)
      return connectDevice(url, caFile, {
        subscribe: [],
        ...options,
        clientId,
        password: options.password ?? (await token(clientId)),
        mqtt: {
          ...(alpn !== undefined && { ALPNProtocols: [alpn] }),
          ...(caFile !== undefined && { ca: readFileSync(caFile) }),
          ...options.mqtt,
        },
      })
    },
    [Symbol.dispose]() {
      for (const client of [iot, data, dynamoDb]) client.destroy()
    },
  }
}
