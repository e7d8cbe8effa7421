// A process of its own: connects so many clients and keeps them. `node crowd.ts CA_FILE PORT COUNT PREFIX`
import { readFileSync } from 'node:fs'
import { connectWireDevice, type WireDevice } from './wire-device.ts'

/** How long it took to connect them all, and each. */
export interface Crowd {
  seconds: number
  durationsMs: number[]
}

/** TLS handshakes of one process that go on at the same time. */
const AT_ONCE = 16

const [, , caFile = '', port = '', count = '', prefix = ''] = process.argv
const ca = readFileSync(caFile, 'utf8')
const devices: WireDevice[] = []
process.send?.('ready')

process.once('message', () => void connectAll())
process.once('disconnect', () => process.exit())

async function connectAll(): Promise<void> {
  const durationsMs: number[] = []
  let next = 0
  const startedAtMs = performance.now()
  const lane = async () => {
    while (next < Number(count)) {
      const clientId = `${prefix}-${next++}`
      const beginMs = performance.now()
      devices.push(await connectWireDevice(Number(port), ca, clientId))
      durationsMs.push(performance.now() - beginMs)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  const crowd: Crowd = { seconds: (performance.now() - startedAtMs) / 1_000, durationsMs }
  process.send?.(crowd)
}
