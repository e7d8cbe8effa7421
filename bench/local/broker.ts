// The broker beside Mosquitto in the same run: `node bench/local/broker.ts [--json]`.
import { once } from 'node:events'
import { startChild } from '../child.ts'
import { describeMachine, machineText } from '../machine.ts'
import { percentile, renderTable, tell } from '../report.ts'
import { startBrokers } from './broker/brokers.ts'
import type { Outcome, Task } from './broker/requester.ts'

const BLOCKS = 9
const CASES = [
  { name: 'request and reply, 1 in flight', kind: 'request', count: 400, inFlight: 1 },
  { name: 'request and reply, 32 in flight', kind: 'request', count: 6_000, inFlight: 32 },
  { name: 'publish, 1 in flight', kind: 'publish', count: 400, inFlight: 1 },
  { name: 'publish, 32 in flight', kind: 'publish', count: 8_000, inFlight: 32 },
] as const satisfies (Omit<Task, 'port'> & { name: string })[]
const TARGETS = { roundTripRatio: 1.5, requestsRatio: 0.8 }

await using started = await startBrokers()
const { caFile, brokers } = started
const ports = brokers.map(({ port }) => String(port))
await using _responder = await startChild(new URL('./broker/responder.ts', import.meta.url), caFile, ...ports)
await using requester = await startChild(new URL('./broker/requester.ts', import.meta.url), caFile, ...ports)

async function perform(task: Task): Promise<Outcome> {
  const answered = once(requester.process, 'message')
  requester.process.send(task)
  const [outcome] = (await answered) as [Outcome]
  return outcome
}

/** By turns, so that a change of the machine's mood hits both. */
const measured = new Map<string, Outcome[]>()
for (let block = 0; block <= BLOCKS; block += 1) {
  tell(block === 0 ? 'warming up' : `block ${block} of ${BLOCKS}`)
  for (const { name, kind, count, inFlight } of CASES) {
    for (const broker of block % 2 === 0 ? brokers : brokers.toReversed()) {
      const outcome = await perform({ port: broker.port, kind, count, inFlight })
      const key = `${name} ${broker.name}`
      if (block > 0) measured.set(key, [...(measured.get(key) ?? []), outcome])
    }
  }
}

const results = CASES.map(({ name }) => {
  const [ours, mosquitto] = brokers.map((broker) => medians(measured.get(`${name} ${broker.name}`) ?? []))
  if (!ours || !mosquitto) throw new Error(`${name}: not measured`)
  const ratios = { p50: ours.p50Ms / mosquitto.p50Ms, perSecond: ours.perSecond / mosquitto.perSecond }
  return { name, ours, mosquitto, ratios }
})
const [latency, throughput] = results
const targets = {
  roundTrip: (latency?.ratios.p50 ?? Number.NaN) <= TARGETS.roundTripRatio,
  requests: (throughput?.ratios.perSecond ?? Number.NaN) >= TARGETS.requestsRatio,
}

const machine = describeMachine()
if (process.argv.includes('--json')) console.log(JSON.stringify({ machine, results, targets }))
else console.log(report())

/** Of each figure, over the blocks. */
function medians(outcomes: readonly Outcome[]): Outcome {
  const median = (figure: keyof Outcome) =>
    percentile(
      outcomes.map((one) => one[figure]),
      0.5,
    )
  return { p50Ms: median('p50Ms'), p99Ms: median('p99Ms'), perSecond: median('perSecond') }
}

function report(): string {
  const cells = ({ p50Ms, p99Ms, perSecond }: Outcome) => [
    `${p50Ms.toFixed(2)} ms`,
    `${p99Ms.toFixed(2)} ms`,
    `${Math.round(perSecond).toLocaleString('en-US')}/s`,
  ]
  const rows = results.flatMap(({ name, ours, mosquitto, ratios }) => [
    [name, '', '', ''],
    ['  local runtime', ...cells(ours)],
    ['  Mosquitto', ...cells(mosquitto)],
    ['  ratio', ratios.p50.toFixed(2), '', ratios.perSecond.toFixed(2)],
  ])
  const met = (isMet: boolean) => (isMet ? 'met' : 'missed')
  return [
    machineText(machine),
    `QoS 1, MQTT 5, TLS 1.3, 400 bytes; broker, requester and responder a process each; medians of ${BLOCKS} blocks by turns`,
    '',
    renderTable([['broker', 'p50', 'p99', 'rate'], ...rows]),
    '',
    `target: round trip p50 within ${TARGETS.roundTripRatio} times Mosquitto's: ${met(targets.roundTrip)}`,
    `target: at least ${TARGETS.requestsRatio} of its requests a second at 32 in flight: ${met(targets.requests)}`,
  ].join('\n')
}
