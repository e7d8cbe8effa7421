// A process of its own: answers every request with the same bytes on its response topic, by plain MQTT.js with Nagle's algorithm off.
import { readFileSync } from 'node:fs'
import { connectAsync } from 'mqtt'
import { REQUEST_TOPIC } from './contestant.ts'
import { setNoDelay } from './mqtt-js.ts'

const [, , port, caFile] = process.argv
if (port === undefined || caFile === undefined) throw new Error('usage: responder PORT CA_FILE')
const client = await connectAsync(
  `mqtts://localhost:${port}`,
  { protocolVersion: 5, clientId: 'bench-responder', ca: readFileSync(caFile), reconnectPeriod: 0 },
  false,
)
setNoDelay(client)
client.on('message', (_, payload, { properties }) => {
  const { responseTopic, correlationData } = properties ?? {}
  if (responseTopic === undefined) return
  client.publish(responseTopic, payload, { qos: 1, properties: { ...(correlationData && { correlationData }) } })
})
await client.subscribeAsync(REQUEST_TOPIC, { qos: 1 })
process.send?.('ready')
process.once('disconnect', () => process.exit())
