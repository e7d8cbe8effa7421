// `npm run bench:edge`: HTTP publish, MQTT, callback through the edge service, beside the same hop without it, in the same run.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureCertificates } from '#local/tls/index.ts'
import { startChild } from '../child.ts'
import { describeMachine, machineText } from '../machine.ts'
import { percentile, renderTable, tell } from '../report.ts'
import { type Exchange, measureWays, singleLatencies, type Way } from './exchange.ts'
import { holdSlowCallbacks, openEdgeWay, openMqttWay } from './ways.ts'

const SLOW_CALLBACKS = 1_000
const SAMPLES = 500
const { values: options } = parseArgs({
  options: { json: { type: 'boolean' }, help: { type: 'boolean' } },
})
if (options.help) {
  process.stdout.write('usage: npm run bench:edge -- [--json]\n')
  process.exit()
}
const machine = describeMachine()

const folder = mkdtempSync(join(tmpdir(), 'bridge-bench-edge-'))
try {
  const files = await ensureCertificates({ folder })
  await using broker = await startChild<number>(
    new URL('../local-broker.ts', import.meta.url),
    files.certFile,
    files.keyFile,
  )
  const mqttUrl = `mqtts://localhost:${broker.ready}`
  await using service = await startChild<string>(
    new URL('./service.ts', import.meta.url),
    mqttUrl,
    files.caFile,
    join(folder, 'state'),
  )
  await using mqtt = await openMqttWay(broker.ready, readFileSync(files.caFile, 'utf8'))
  await using edge = await openEdgeWay(service.ready)
  const ways = await measureWays([mqtt, edge], tell)
  const fast = await besideSlowOnes(edge, service.ready)
  const result = { machine, ways, fast }
  process.stdout.write(options.json ? `${JSON.stringify(result, undefined, 2)}\n` : report(ways, fast))
} finally {
  rmSync(folder, { recursive: true })
}

interface FastCallbacks {
  aloneP50Ms: number
  aloneP99Ms: number
  besideP50Ms: number
  besideP99Ms: number
}

/** The same callbacks alone and beside slow ones. */
async function besideSlowOnes(way: Way, edgeUrl: string): Promise<FastCallbacks> {
  tell('fast callbacks alone')
  const alone = await singleLatencies(way, SAMPLES)
  tell(`fast callbacks beside ${SLOW_CALLBACKS} slow ones`)
  await using _slow = await holdSlowCallbacks(edgeUrl, SLOW_CALLBACKS)
  const beside = await singleLatencies(way, SAMPLES)
  return {
    aloneP50Ms: percentile(alone, 0.5),
    aloneP99Ms: percentile(alone, 0.99),
    besideP50Ms: percentile(beside, 0.5),
    besideP99Ms: percentile(beside, 0.99),
  }
}

function report(ways: readonly Exchange[], fast: FastCallbacks): string {
  const [bare] = ways
  if (!bare) throw new Error('nothing was measured')
  return [
    machineText(machine),
    '',
    'Publish to handler, QoS 1 over TLS 1.3 on loopback; the rate with 64 messages under way on 16 topics',
    renderTable([
      ['', 'p50 ms', 'p99 ms', 'added p50 ms', 'messages/s', 'ratio'],
      ...ways.map(({ name, p50Ms, p99Ms, messagesPerSecond }) => [
        name,
        p50Ms.toFixed(3),
        p99Ms.toFixed(2),
        (p50Ms - bare.p50Ms).toFixed(3),
        messagesPerSecond.toFixed(0),
        (messagesPerSecond / bare.messagesPerSecond).toFixed(2),
      ]),
    ]),
    '',
    `Fast callbacks through the service, alone and beside ${SLOW_CALLBACKS} callbacks that hang`,
    renderTable([
      ['', 'p50 ms', 'p99 ms'],
      ['alone', fast.aloneP50Ms.toFixed(3), fast.aloneP99Ms.toFixed(2)],
      ['beside slow ones', fast.besideP50Ms.toFixed(3), fast.besideP99Ms.toFixed(2)],
    ]),
    '',
  ].join('\n')
}
