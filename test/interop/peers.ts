import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { PROJECT_FOLDER } from '../docs/markdown.ts'

const requireFromPeers = createRequire(new URL('../../bench/peers/package.json', import.meta.url))

/** What the tests use of aws-iot-device-sdk-v2, whose types are there only where it is installed. */
export interface AwsSdk {
  iot: {
    AwsIotMqtt5ClientConfigBuilder: {
      newDirectMqttBuilderWithCustomAuth(
        host: string,
        config: { username: string; password: Buffer; authorizerName?: string },
      ): Mqtt5Builder
    }
    AwsIotMqttConnectionConfigBuilder: { new_default_builder(): MqttBuilder }
  }
  mqtt: { MqttClient: new () => { new_connection(config: object): MqttConnection }; QoS: { AtLeastOnce: number } }
  mqtt5: { Mqtt5Client: new (config: object) => Mqtt5Client; QoS: { AtLeastOnce: number } }
}

interface Mqtt5Builder {
  withPort(port: number): Mqtt5Builder
  withCertificateAuthority(ca: string): Mqtt5Builder
  withConnectProperties(properties: { clientId: string; keepAliveIntervalSeconds: number }): Mqtt5Builder
  build(): object
}

export interface Mqtt5Client {
  on(event: 'messageReceived', listener: (event: { message: { payload: ArrayBuffer } }) => void): void
  once(event: 'connectionSuccess', listener: (event: { connack: object }) => void): void
  once(event: 'connectionFailure', listener: (event: { connack?: { reasonCode: number } }) => void): void
  once(event: 'stopped', listener: () => void): void
  start(): void
  stop(): void
  close(): void
  subscribe(packet: { subscriptions: { topicFilter: string; qos: number }[] }): Promise<{ reasonCodes: number[] }>
  publish(packet: { topicName: string; payload: string; qos: number }): Promise<{ reasonCode: number }>
}

interface MqttBuilder {
  with_custom_authorizer(username: string, authorizer: string, signature: string, password: string): MqttBuilder
  with_endpoint(host: string): MqttBuilder
  with_port(port: number): MqttBuilder
  with_certificate_authority(ca: string): MqttBuilder
  with_client_id(clientId: string): MqttBuilder
  with_clean_session(clean: boolean): MqttBuilder
  build(): object
}

export interface MqttConnection {
  connect(): Promise<boolean>
  disconnect(): Promise<void>
  subscribe(
    filter: string,
    qos: number,
    onMessage: (topic: string, payload: ArrayBuffer) => void,
  ): Promise<{ qos: number }>
  publish(topic: string, payload: string, qos: number): Promise<unknown>
}

/** The package of `bench/peers`, installed when it is not there; undefined, with the reason told, where that fails. */
export function loadAwsSdk(): AwsSdk | undefined {
  const loaded = tryLoad()
  if (loaded) return loaded
  const { status, stderr } = spawnSync('npm', ['ci', '--prefix', 'bench/peers', '--no-audit', '--no-fund'], {
    cwd: PROJECT_FOLDER,
    encoding: 'utf8',
    timeout: 60_000,
  })
  if (status !== 0) console.warn(`aws-iot-device-sdk-v2 cannot be installed in bench/peers: ${stderr.trim()}`)
  return tryLoad()
}

function tryLoad(): AwsSdk | undefined {
  try {
    return requireFromPeers('aws-iot-device-sdk-v2') as AwsSdk
  } catch {
    return undefined
  }
}
