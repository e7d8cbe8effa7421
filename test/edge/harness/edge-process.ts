// The service as a process of its own, which may be killed. Settings come from the environment, the broker's certificate from a file.
import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { readEdgeSettings, startEdge } from '#edge/index.ts'

/** What the process holds; after a collection, if it was started with --expose-gc. */
export interface EdgeUsage {
  heapBytes: number
  externalBytes: number
  /** Sockets, timers and the like. */
  resources: number
}

const [, , mqttUrl, caFile] = process.argv
if (mqttUrl === undefined || caFile === undefined) throw new Error('usage: edge-process MQTT_URL CA_FILE')
if (process.env.EDGE_TEST_DIES === 'before' || process.env.EDGE_TEST_DIES === 'after')
  dieAtCommit(process.env.EDGE_TEST_DIES)
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
process.on('message', (question) => {
  if (question !== 'usage') return
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  const resources = process.getActiveResourcesInfo().length
  process.send?.({ heapBytes: heapUsed, externalBytes: external, resources } satisfies EdgeUsage)
})

/** Is gone at the first commit of the service, as if somebody else had killed it right then. */
function dieAtCommit(moment: 'before' | 'after'): void {
  const { exec } = DatabaseSync.prototype
  DatabaseSync.prototype.exec = function (sql) {
    const isCommit = sql === 'COMMIT' && this.location()?.endsWith('edge.sqlite')
    if (isCommit && moment === 'before') process.kill(process.pid, 'SIGKILL')
    exec.call(this, sql)
    if (isCommit) process.kill(process.pid, 'SIGKILL')
  }
}
