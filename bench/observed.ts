import { parseArgs } from 'node:util'
import { createConsoleRecorder } from '#cli/console/recorder.ts'
import { DEFAULT_ROOT, privateReplyTopic, topicName } from '#contract/index.ts'
import { startRuntime } from '#local/index.ts'
import { benchAssembly, CERTIFICATES_FOLDER } from './assembly.ts'
import { connectDevice, type Device, readIssuerKey } from './bridge-device.ts'
import { describeMachine, machineText } from './machine.ts'
import { percentile, renderTable, tell } from './report.ts'

/** What it costs to look on: the same work with nobody looking, with traces, with the console and with a page open, by turns. */
const VARIANTS = ['nothing recorded', 'traces', 'console, no page', 'console, a page open'] as const
type Variant = (typeof VARIANTS)[number]

const SAMPLES = { warmUp: 400, blocks: 16, requests: 150, echoes: 1_500 } as const
const IN_FLIGHT = 16
const [ASKER, ECHO] = ['bench-asker', 'bench-echo']
const PAIR = { organizationId: 'bench', deviceId: 'pair' }
const REQUEST = { action: 'Delete user data', context: 'User requested account deletion' }

interface Lane extends AsyncDisposable {
  name: Variant
  request(): Promise<void>
  echo(): Promise<void>
}

async function openLane(name: Variant, assemblyFolder: string): Promise<Lane> {
  tell(`starting: ${name}`)
  await using opened = new AsyncDisposableStack()
  const recorder = name.startsWith('console') ? createConsoleRecorder() : undefined
  const runtime = opened.use(
    await startRuntime({
      assemblyFolder,
      certificatesFolder: CERTIFICATES_FOLDER,
      mqttPort: 0,
      apiPort: 0,
      rateLimits: 'off',
      log() {},
      isTraced: name !== 'nothing recorded',
      ...(recorder && { brokerObserver: recorder.observer, onLogLine: recorder.onLogLine }),
    }),
  )
  if (recorder) opened.defer(runtime.traces.listen(recorder.onHop))
  // what a page is sent, written as it is written to one
  if (recorder && name === 'console, a page open')
    opened.defer(recorder.feed.listen((event) => void JSON.stringify(event)))
  const key = await readIssuerKey(runtime)
  const asker = opened.use(await connectDevice(runtime, key, ASKER))
  const echo = opened.use(await connectDevice(runtime, key, ECHO))
  const topics = {
    request: topicName(DEFAULT_ROOT, 'conscience/evaluate', {}),
    echo: topicName(DEFAULT_ROOT, 'org/{organizationId}/device/{deviceId}/command/web', PAIR),
    shared: topicName(DEFAULT_ROOT, 'conscience/results', {}),
  }
  for (const topic of [privateReplyTopic(DEFAULT_ROOT, ASKER), topics.shared, topics.echo]) {
    await asker.subscribe(topic, () => {})
  }
  await echo.subscribe(topics.echo, (correlationId, payload) => answer(echo, topics.echo, correlationId, payload))
  const resources = opened.move()
  return {
    name,
    request: () => asker.ask(topics.request, REQUEST),
    echo: () => asker.ask(topics.echo, REQUEST),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

function answer(device: Device, topic: string, correlationId: string, payload: Buffer): void {
  void device.answer(topic, JSON.parse(payload.toString('utf8')).payload, correlationId)
}

/** Exchanges a second, with so many under way. */
async function rateOf(ask: () => Promise<void>, count: number): Promise<number> {
  let left = count
  const lane = async () => {
    while (left > 0) {
      left -= 1
      await ask()
    }
  }
  const startedAtMs = performance.now()
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  return (count * 1_000) / (performance.now() - startedAtMs)
}

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
process.env.TZ = 'UTC'
const machine = describeMachine()
const assemblyFolder = await benchAssembly()
await using lanes = new AsyncDisposableStack()
const open: Lane[] = []
for (const name of VARIANTS) open.push(lanes.use(await openLane(name, assemblyFolder)))
tell('warming up')
for (const { request, echo } of open) {
  await rateOf(request, SAMPLES.warmUp)
  await rateOf(echo, SAMPLES.warmUp)
}
const rates = VARIANTS.map((name) => ({ name, request: [] as number[], echo: [] as number[] }))
for (let block = 0; block < SAMPLES.blocks; block += 1) {
  tell(`block ${block + 1} of ${SAMPLES.blocks}`)
  for (let turn = 0; turn < open.length; turn += 1) {
    // another one begins each time: what comes first or last is not always the same
    const index = (block + turn) % open.length
    rates[index]?.request.push(await rateOf(open[index]!.request, SAMPLES.requests))
    rates[index]?.echo.push(await rateOf(open[index]!.echo, SAMPLES.echoes))
  }
}
const [nobody] = rates
/** The middle of the ratios of the blocks: each block compares what ran one after the other. */
const ratio = (kind: 'request' | 'echo', of: readonly number[]) =>
  percentile(
    of.map((rate, block) => rate / (nobody?.[kind][block] ?? Number.NaN)),
    0.5,
  )
const results = rates.map(({ name, request, echo }) => ({
  name,
  requestsPerSecond: percentile(request, 0.5),
  requestRatio: ratio('request', request),
  echoesPerSecond: percentile(echo, 0.5),
  echoRatio: ratio('echo', echo),
}))
if (values.json) process.stdout.write(`${JSON.stringify({ machine, samples: SAMPLES, results })}\n`)
else {
  const rows = results.map(({ name, requestsPerSecond, requestRatio, echoesPerSecond, echoRatio }) => [
    name,
    `${requestsPerSecond.toFixed(0)}/s`,
    requestRatio.toFixed(3),
    `${echoesPerSecond.toFixed(0)}/s`,
    echoRatio.toFixed(3),
  ])
  const table = renderTable([['', 'requests', 'ratio', 'echoes', 'ratio'], ...rows])
  const { blocks, requests, echoes } = SAMPLES
  const words = `${IN_FLIGHT} under way; ${requests} requests and ${echoes} bare echoes of a second device in each of ${blocks} blocks, by turns; medians.`
  process.stdout.write(`${machineText(machine)}\n\n${table}\n\n${words}\n`)
}
