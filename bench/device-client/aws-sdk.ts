import { createRequire } from 'node:module'
import { type Contestant, PAYLOAD_BYTES, PUBLISH_TOPIC, REQUEST_TOPIC, replyTopicOf } from './contestant.ts'

const requireFromPeers = createRequire(new URL('../peers/package.json', import.meta.url))

/** What the bench uses of the package, whose types are there only where it is installed. */
interface Mqtt5Client {
  once(event: 'connectionSuccess' | 'stopped', listener: () => void): void
  once(event: 'connectionFailure', listener: (failure: { error: Error }) => void): void
  on(event: 'messageReceived', listener: () => void): void
  start(): void
  stop(): void
  close(): void
  subscribe(packet: { subscriptions: { topicFilter: string; qos: number }[] }): Promise<unknown>
  publish(packet: {
    topicName: string
    payload: Buffer
    qos: number
    responseTopic?: string
    correlationData?: Buffer
  }): Promise<unknown>
}
interface AwsSdk {
  io: {
    TlsContextOptions: new () => { override_default_trust_store(ca: string): void; min_tls_version: number }
    ClientTlsContext: new (options: object) => object
    TlsVersion: { TLSv1_3: number }
  }
  mqtt5: {
    Mqtt5Client: new (config: object) => Mqtt5Client
    ClientOperationQueueBehavior: { FailAllOnDisconnect: number }
    QoS: { AtLeastOnce: number }
  }
}

function loadSdk(): AwsSdk {
  try {
    return requireFromPeers('aws-iot-device-sdk-v2') as AwsSdk
  } catch {
    throw new Error('the other clients are not installed: run `npm ci --prefix bench/peers`')
  }
}

/** The MQTT 5 client of aws-iot-device-sdk-v2. */
export const awsSdk: Contestant = {
  name: 'aws-iot-device-sdk-v2',
  async connect({ port, ca }, clientId) {
    const { io, mqtt5 } = loadSdk()
    const tls = new io.TlsContextOptions()
    tls.override_default_trust_store(ca)
    tls.min_tls_version = io.TlsVersion.TLSv1_3
    const client = new mqtt5.Mqtt5Client({
      hostName: 'localhost',
      port,
      tlsCtx: new io.ClientTlsContext(tls),
      connectProperties: { clientId, keepAliveIntervalSeconds: 60 },
      // its own throttle and queue limits are off by default
      offlineQueueBehavior: mqtt5.ClientOperationQueueBehavior.FailAllOnDisconnect,
    })
    const connected = new Promise<void>((resolve, reject) => {
      client.once('connectionSuccess', () => resolve())
      client.once('connectionFailure', ({ error }) => reject(error))
    })
    client.start()
    await connected
    const responseTopic = replyTopicOf(clientId)
    let onReply = () => {}
    client.on('messageReceived', () => onReply())
    const qos = mqtt5.QoS.AtLeastOnce
    await client.subscribe({ subscriptions: [{ topicFilter: responseTopic, qos }] })
    const payload = Buffer.alloc(PAYLOAD_BYTES, 'x')
    const correlationData = Buffer.alloc(16, 1)
    return {
      async ask() {
        const { promise, resolve } = Promise.withResolvers<void>()
        onReply = resolve
        await client.publish({ topicName: REQUEST_TOPIC, payload, qos, responseTopic, correlationData })
        await promise
      },
      async publish() {
        await client.publish({ topicName: PUBLISH_TOPIC, payload, qos })
      },
      async close() {
        const stopped = new Promise<void>((resolve) => {
          client.once('stopped', () => resolve())
        })
        client.stop()
        await stopped
        client.close()
      },
    }
  },
}
