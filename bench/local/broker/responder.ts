// A process of its own: answers each request on the topic that it names. `node responder.ts CA_FILE PORT…`
import { readFileSync } from 'node:fs'
import { REQUEST_TOPIC } from './topics.ts'
import { connectWireDevice } from './wire-device.ts'

const [, , caFile = '', ...ports] = process.argv
const ca = readFileSync(caFile, 'utf8')
for (const port of ports) {
  const device = await connectWireDevice(Number(port), ca, 'bench-responder')
  device.onMessage = ({ payload, properties }) => {
    const { responseTopic = '', correlationData } = properties ?? {}
    device.publish(responseTopic, Buffer.from(payload), correlationData && { correlationData })
  }
  await device.subscribe(REQUEST_TOPIC)
}
process.send?.('ready')
process.once('disconnect', () => process.exit())
