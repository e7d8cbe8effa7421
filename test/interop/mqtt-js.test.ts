import mqtt, { type MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type StartedBridge, startBridge } from './bridge.ts'
import { type Credentials, credentialsFor, evaluation } from './tokens.ts'

const REPLIES = 'jamey/responses/jamey-instance-1'

let bridge: StartedBridge
let credentials: Credentials

beforeAll(async () => {
  bridge = await startBridge()
  credentials = await credentialsFor(bridge, 'jamey-instance-1')
})
afterAll(() => bridge[Symbol.asyncDispose]())

function connect(protocolVersion: 4 | 5): Promise<MqttClient> {
  const { port, ca, clientId, token } = credentials
  const options = { protocolVersion, clientId, username: 'device', password: token, ca, reconnectPeriod: 0 } as const
  return mqtt.connectAsync(`mqtts://localhost:${port}`, { ...options, ALPNProtocols: ['mqtt'] })
}

/** Resolves with the next message, as text. */
function nextMessage(client: MqttClient): Promise<string> {
  return new Promise((resolve) => client.once('message', (_, payload) => resolve(payload.toString())))
}

describe.each([4, 5] as const)('stock MQTT.js of version %i', (version) => {
  test('gets the reply to its request', async () => {
    const client = await connect(version)
    await client.subscribeAsync(REPLIES, { qos: 1 })
    const reply = nextMessage(client)
    const { messageId, text } = evaluation()
    await client.publishAsync('jamey/conscience/evaluate', text, { qos: 1 })

    expect(JSON.parse(await reply)).toMatchObject({ metadata: { in_reply_to: messageId, status: 'ok' } })
    await client.endAsync()
  })

  test('is told of a publish that is not authorized as its version can', async () => {
    const client = await connect(version)
    const closed = new Promise<string>((resolve) => client.once('close', () => resolve('closed')))
    const refused = client.publishAsync('jamey/memory/updates', '{}', { qos: 1 }).then(
      () => 'acknowledged',
      (error: Error & { code?: number }) => error.code,
    )

    expect(await Promise.race([closed, refused])).toBe(version === 5 ? 0x87 : 'closed')
    await client.endAsync(true)
  })

  test('is refused with a token that is not its own', async () => {
    const { port, ca, token } = credentials
    const options = { protocolVersion: version, clientId: 'jamey-instance-2', password: token, ca, reconnectPeriod: 0 }
    const refused = mqtt.connectAsync(`mqtts://localhost:${port}`, { ...options, username: 'device' })

    await expect(refused).rejects.toMatchObject({ code: version === 5 ? 0x87 : 5 })
  })
})

test('MQTT.js 5 uses topic aliases, and finds what the CONNACK promises', async () => {
  const { port, ca, clientId, token } = credentials
  const client = await new Promise<MqttClient>((resolve, reject) => {
    const opened = mqtt.connect(`mqtts://localhost:${port}`, {
      protocolVersion: 5,
      clientId,
      username: 'device',
      password: token,
      ca,
      reconnectPeriod: 0,
      autoUseTopicAlias: true,
      autoAssignTopicAlias: true,
    })
    opened.once('error', reject)
    opened.once('connect', ({ properties }) => {
      expect(properties).toMatchObject({ topicAliasMaximum: 8, receiveMaximum: 100, maximumQoS: 1 })
      resolve(opened)
    })
  })
  await client.subscribeAsync(REPLIES, { qos: 1 })
  for (const _ of [1, 2]) {
    const reply = nextMessage(client)
    const { messageId, text } = evaluation()
    await client.publishAsync('jamey/conscience/evaluate', text, { qos: 1 })
    expect(JSON.parse(await reply)).toMatchObject({ metadata: { in_reply_to: messageId } })
  }
  await client.endAsync()
})
