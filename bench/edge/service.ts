// A process of its own: the edge service, with its settings at their defaults but for the limits of AWS IoT Core, which the broker here has not.
import { readFileSync } from 'node:fs'
import { readEdgeSettings, startEdge } from '#edge/index.ts'

const [, , mqttUrl, caFile, stateFolder] = process.argv
if (mqttUrl === undefined || caFile === undefined || stateFolder === undefined)
  throw new Error('usage: service MQTT_URL CA_FILE STATE_FOLDER')
const { settings } = readEdgeSettings({ TS_CLIENT_HOST: '127.0.0.1', TS_CLIENT_PORT: '0', EDGE_OTHER_TOPICS: 'true' })
const edge = await startEdge({
  settings: { ...settings, stateFolder },
  device: {
    url: mqttUrl,
    clientId: 'bench-edge',
    ca: readFileSync(caFile, 'utf8'),
    permissions: ['#'],
    limits: false,
  },
})
while (!edge.health().connection.connected) await new Promise((resolve) => setTimeout(resolve, 10))
process.send?.(edge.url)
process.once('disconnect', () => void edge.close().then(() => process.exit()))
