import { connectAsync, type MqttClient } from 'mqtt'
import { type Contestant, PAYLOAD_BYTES, PUBLISH_TOPIC, REQUEST_TOPIC, replyTopicOf } from './contestant.ts'

/** MQTT.js as it comes, and with Nagle's algorithm off. Without envelope, validation or correlation. */
export const mqttJs: Contestant = contestant('MQTT.js, defaults', false)
export const mqttJsWithoutDelay: Contestant = contestant('MQTT.js, Nagle off', true)

function contestant(name: string, noDelay: boolean): Contestant {
  return {
    name,
    async connect({ port, ca }, clientId) {
      const client = await connectAsync(
        `mqtts://localhost:${port}`,
        { protocolVersion: 5, clientId, ca, reconnectPeriod: 0 },
        false,
      )
      if (noDelay) setNoDelay(client)
      const responseTopic = replyTopicOf(clientId)
      let onReply = () => {}
      client.on('message', () => onReply())
      await client.subscribeAsync(responseTopic, { qos: 1 })
      const payload = Buffer.alloc(PAYLOAD_BYTES, 'x')
      const correlationData = Buffer.alloc(16, 1)
      return {
        async ask() {
          const { promise, resolve } = Promise.withResolvers<void>()
          onReply = resolve
          await client.publishAsync(REQUEST_TOPIC, payload, { qos: 1, properties: { responseTopic, correlationData } })
          await promise
        },
        async publish() {
          await client.publishAsync(PUBLISH_TOPIC, payload, { qos: 1 })
        },
        close: () => client.endAsync(),
      }
    },
  }
}

export function setNoDelay({ stream }: MqttClient): void {
  if ('setNoDelay' in stream && typeof stream.setNoDelay === 'function') stream.setNoDelay(true)
}
