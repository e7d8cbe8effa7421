// A process of its own: measures what it is told to over the connection of one broker. `node requester.ts CA_FILE PORT…`
import { readFileSync } from 'node:fs'
import { percentile } from '../../report.ts'
import { REQUEST_TOPIC, RESPONSE_TOPIC, SINK_TOPIC } from './topics.ts'
import { connectWireDevice, type WireDevice } from './wire-device.ts'

/** `request`: publish, reply of the responder. `publish`: publish, PUBACK. Both at QoS 1. */
export interface Task {
  port: number
  kind: 'request' | 'publish'
  count: number
  inFlight: number
}

export interface Outcome {
  p50Ms: number
  p99Ms: number
  perSecond: number
}

const PAYLOAD = Buffer.alloc(400, 'x')
const [, , caFile = '', ...ports] = process.argv
const ca = readFileSync(caFile, 'utf8')
const devices = new Map<number, WireDevice>()
for (const port of ports) {
  const device = await connectWireDevice(Number(port), ca, 'bench-requester')
  await device.subscribe(RESPONSE_TOPIC)
  devices.set(Number(port), device)
}

function perform({ port, kind, count, inFlight }: Task): Promise<Outcome> {
  const device = devices.get(port)
  if (!device) throw new Error(`no connection to ${port}`)
  const startedAtMs = new Map<number, number>()
  const durationsMs: number[] = []
  let sent = 0
  return new Promise((resolve) => {
    const beginMs = performance.now()
    const end = (key: number) => {
      const startMs = startedAtMs.get(key)
      if (startMs === undefined) return
      startedAtMs.delete(key)
      durationsMs.push(performance.now() - startMs)
      if (durationsMs.length === count) {
        const perSecond = (count * 1_000) / (performance.now() - beginMs)
        resolve({ p50Ms: percentile(durationsMs, 0.5), p99Ms: percentile(durationsMs, 0.99), perSecond })
      } else if (sent < count) {
        begin()
      }
    }
    const begin = () => {
      sent += 1
      const nowMs = performance.now()
      if (kind === 'publish') {
        startedAtMs.set(device.publish(SINK_TOPIC, PAYLOAD), nowMs)
        return
      }
      const correlationData = Buffer.allocUnsafe(4)
      correlationData.writeUInt32BE(sent)
      startedAtMs.set(sent, nowMs)
      device.publish(REQUEST_TOPIC, PAYLOAD, { responseTopic: RESPONSE_TOPIC, correlationData })
    }
    device.onMessage = ({ properties }) => {
      if (kind === 'request') end(properties?.correlationData?.readUInt32BE() ?? 0)
    }
    device.onAcknowledged = (messageId) => {
      if (kind === 'publish') end(messageId)
    }
    for (let lane = 0; lane < Math.min(inFlight, count); lane += 1) begin()
  })
}

process.on('message', (task: Task) => void perform(task).then((outcome) => process.send?.(outcome)))
process.once('disconnect', () => process.exit())
process.send?.('ready')
