// Memory and connect rate of the broker with many TLS clients, beside Mosquitto: `node bench/local/broker-clients.ts [--json] [--clients N]`.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { startChild } from '../child.ts'
import { describeMachine, machineText } from '../machine.ts'
import { percentile, renderTable, tell } from '../report.ts'
import { type MeasuredBroker, startBrokers } from './broker/brokers.ts'
import type { Crowd } from './broker/crowd.ts'

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, clients: { type: 'string', default: '2000' } },
})
const clients = Number(values.clients)
/** Processes that the clients are spread over. */
const CROWDS = 2

await using started = await startBrokers()
const { caFile, brokers } = started
const results: Awaited<ReturnType<typeof measure>>[] = []
for (const broker of brokers) results.push(await measure(broker))

const machine = describeMachine()
if (values.json) console.log(JSON.stringify({ machine, clients, results }))
else console.log(report())

async function measure(broker: MeasuredBroker) {
  tell(`${broker.name}: ${clients} clients`)
  const beforeBytes = residentBytes(broker)
  await using crowds = new AsyncDisposableStack()
  const children = []
  for (let index = 0; index < CROWDS; index += 1) {
    const args = [caFile, String(broker.port), String(clients / CROWDS), `crowd${index}`]
    children.push(crowds.use(await startChild(new URL('./broker/crowd.ts', import.meta.url), ...args)))
  }
  const startedAtMs = performance.now()
  const outcomes = await Promise.all(
    children.map(async ({ process }) => {
      process.send('go')
      const [crowd] = (await once(process, 'message')) as [Crowd]
      return crowd
    }),
  )
  const seconds = (performance.now() - startedAtMs) / 1_000
  const bytes = residentBytes(broker)
  return {
    name: broker.name,
    connectsPerSecond: clients / seconds,
    p50Ms: percentile(
      outcomes.flatMap(({ durationsMs }) => durationsMs),
      0.5,
    ),
    idleBytes: beforeBytes,
    bytes,
    bytesPerClient: (bytes - beforeBytes) / clients,
  }
}

/** Of the process, as the system counts it. https://www.kernel.org/doc/html/latest/filesystems/proc.html, VmRSS */
function residentBytes({ pid }: MeasuredBroker): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) * 1_024
}

function report(): string {
  const megabytes = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(0)} MB`
  const rows = results.map(({ name, connectsPerSecond, p50Ms, idleBytes, bytes, bytesPerClient }) => [
    name,
    `${connectsPerSecond.toFixed(0)}/s`,
    `${p50Ms.toFixed(0)} ms`,
    megabytes(idleBytes),
    megabytes(bytes),
    `${(bytesPerClient / 1024).toFixed(0)} KB`,
  ])
  const header = ['broker', 'connects', 'p50 of one', 'before', 'connected', 'each client']
  return [
    machineText(machine),
    `${clients} MQTT 5 clients over TLS 1.3, each with a whole handshake, from ${CROWDS} processes; resident memory of the broker`,
    '',
    renderTable([header, ...rows]),
  ].join('\n')
}
