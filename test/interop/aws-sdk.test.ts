import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type StartedBridge, startBridge } from './bridge.ts'
import { type AwsSdk, loadAwsSdk, type Mqtt5Client } from './peers.ts'
import { type Credentials, credentialsFor, evaluation } from './tokens.ts'

const REPLIES = 'jamey/responses/jamey-instance-1'

const sdk = loadAwsSdk()
const isMissing = sdk === undefined && process.env.CI === undefined
if (isMissing) console.warn('skipped: aws-iot-device-sdk-v2 is not installed; run npm ci --prefix bench/peers')

describe.skipIf(isMissing)('stock aws-iot-device-sdk-v2 with its custom-auth builder', () => {
  let bridge: StartedBridge
  let credentials: Credentials
  let aws: AwsSdk

  beforeAll(async () => {
    if (sdk === undefined) throw new Error('aws-iot-device-sdk-v2 is not installed in bench/peers')
    aws = sdk
    bridge = await startBridge()
    credentials = await credentialsFor(bridge, 'jamey-instance-1')
  })
  afterAll(async () => bridge?.[Symbol.asyncDispose]())

  function createMqtt5(clientId: string, token: string): Mqtt5Client {
    const password = Buffer.from(token)
    const config = aws.iot.AwsIotMqtt5ClientConfigBuilder.newDirectMqttBuilderWithCustomAuth('localhost', {
      username: 'device',
      password,
    })
      .withPort(credentials.port)
      .withCertificateAuthority(credentials.ca)
      .withConnectProperties({ clientId, keepAliveIntervalSeconds: 60 })
      .build()
    return new aws.mqtt5.Mqtt5Client(config)
  }

  function stop(client: Mqtt5Client): Promise<void> {
    return new Promise((resolve) => {
      client.once('stopped', () => {
        client.close()
        resolve()
      })
      client.stop()
    })
  }

  test('MQTT 5 gets the reply to its request, and a reason code for what it may not publish', async () => {
    const { clientId, token } = credentials
    const client = createMqtt5(clientId, token)
    const connected = new Promise((resolve, reject) => {
      client.once('connectionSuccess', resolve)
      client.once('connectionFailure', reject)
    })
    client.start()
    expect(await connected).toMatchObject({ connack: { maximumQos: 1, topicAliasMaximum: 8 } })

    const qos = aws.mqtt5.QoS.AtLeastOnce
    const reply = new Promise<string>((resolve) => {
      client.on('messageReceived', ({ message }) => resolve(Buffer.from(message.payload).toString()))
    })
    const suback = await client.subscribe({ subscriptions: [{ topicFilter: REPLIES, qos }] })
    expect(suback.reasonCodes).toEqual([1])
    const { messageId, text } = evaluation()
    const puback = await client.publish({ topicName: 'jamey/conscience/evaluate', payload: text, qos })
    expect(puback.reasonCode).toBe(0)
    expect(JSON.parse(await reply)).toMatchObject({ metadata: { in_reply_to: messageId, status: 'ok' } })

    const denied = await client.publish({ topicName: 'jamey/memory/updates', payload: '{}', qos })
    expect(denied.reasonCode).toBe(0x87)
    await stop(client)
  })

  test('MQTT 5 is told that a bad token is not authorized', async () => {
    const client = createMqtt5('jamey-instance-1', `${credentials.token.slice(0, -5)}wrong`)
    const failed = new Promise((resolve) => client.once('connectionFailure', resolve))
    client.start()

    expect(await failed).toMatchObject({ connack: { reasonCode: 0x87 } })
    await stop(client)
  })

  test('MQTT 3.1.1 gets the reply to its request', async () => {
    const { clientId, token, port, ca } = credentials
    const config = aws.iot.AwsIotMqttConnectionConfigBuilder.new_default_builder()
      .with_custom_authorizer('device', '', '', token)
      .with_endpoint('localhost')
      .with_port(port)
      .with_certificate_authority(ca)
      .with_client_id(clientId)
      .with_clean_session(true)
      .build()
    const connection = new aws.mqtt.MqttClient().new_connection(config)
    await connection.connect()
    const { promise: reply, resolve } = Promise.withResolvers<string>()
    const { AtLeastOnce: qos } = aws.mqtt.QoS
    await connection.subscribe(REPLIES, qos, (_, payload) => resolve(Buffer.from(payload).toString()))
    const { messageId, text } = evaluation()
    await connection.publish('jamey/conscience/evaluate', text, qos)

    expect(JSON.parse(await reply)).toMatchObject({ metadata: { in_reply_to: messageId, status: 'ok' } })
    await connection.disconnect()
  })
})
