// The service as a process of its own, which may be killed. Settings come from the environment, the broker's certificate from a file.
import { readFileSync } from 'node:fs'
import { readEdgeSettings, startEdge } from '#edge/index.ts'

const [, , mqttUrl, caFile] = process.argv
if (mqttUrl === undefined || caFile === undefined) throw new Error('usage: edge-process MQTT_URL CA_FILE')
const { settings, problems } = readEdgeSettings(process.env)
if (problems.length > 0) throw new Error(JSON.stringify(problems))
const edge = await startEdge({
  settings,
  device: {
    url: mqttUrl,
    clientId: 'edge-1',
    ca: readFileSync(caFile, 'utf8'),
    organizationId: 'acme',
    deviceId: 'Instance-1',
    limits: false,
    reconnect: { minIntervalMs: 0, baseDelayMs: 10 },
  },
})
process.send?.({ url: edge.url, instanceId: edge.instanceId })
process.once('SIGTERM', () => void edge.close().then(() => process.exit()))
process.once('disconnect', () => process.exit())
