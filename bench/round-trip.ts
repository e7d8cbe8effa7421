import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DEFAULT_ROOT, DEFAULT_STAGE, deploymentNames, privateReplyTopic, topicName } from '#contract/index.ts'
import { type Runtime, startRuntime } from '#local/index.ts'
import { benchAssembly, CERTIFICATES_FOLDER } from './assembly.ts'
import { connectDevice, readIssuerKey } from './bridge-device.ts'
import { describeMachine, machineText } from './machine.ts'
import { percentile, renderTable, tell } from './report.ts'

const SAMPLES = { warmUp: 400, blocks: 10, latencyPerBlock: 100, throughputPerBlock: 200 } as const
const IN_FLIGHT = 16
/** One to claim, one to complete. */
const EXPECTED_TABLE_CALLS = 2

interface Figures {
  p50Ms: number
  p99Ms: number
  perSecond: number
}
interface Variant {
  name: string
  request: Figures
  echo: Figures
  tableCallsPerRequest: number
}

const REQUEST = { action: 'Delete user data', context: 'User requested account deletion' }
const [ASKER, ECHO] = ['bench-asker', 'bench-echo']
const PAIR = { organizationId: 'bench', deviceId: 'pair' }

/** Runs `ask` so many times, so many at once, and gives the duration of each in ms. */
async function askMany(ask: () => Promise<void>, count: number, inFlight: number): Promise<number[]> {
  const durationsMs: number[] = []
  let left = count
  const lane = async () => {
    while (left > 0) {
      left -= 1
      const startedAtMs = performance.now()
      await ask()
      durationsMs.push(performance.now() - startedAtMs)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  return durationsMs
}

/** Alternates between the two in blocks, so that a change of the machine's mood hits both. */
async function measure(asks: { request(): Promise<void>; echo(): Promise<void> }, onBlock: (block: number) => void) {
  const names = ['request', 'echo'] as const
  const latenciesMs = { request: [] as number[], echo: [] as number[] }
  const busyMs = { request: 0, echo: 0 }
  for (const name of names) await askMany(asks[name], SAMPLES.warmUp, IN_FLIGHT)
  for (let block = 1; block <= SAMPLES.blocks; block++) {
    onBlock(block)
    for (const name of names) {
      latenciesMs[name].push(...(await askMany(asks[name], SAMPLES.latencyPerBlock, 1)))
      const startedAtMs = performance.now()
      await askMany(asks[name], SAMPLES.throughputPerBlock, IN_FLIGHT)
      busyMs[name] += performance.now() - startedAtMs
    }
  }
  const figuresOf = (name: (typeof names)[number]): Figures => ({
    p50Ms: percentile(latenciesMs[name], 0.5),
    p99Ms: percentile(latenciesMs[name], 0.99),
    perSecond: (SAMPLES.blocks * SAMPLES.throughputPerBlock * 1000) / busyMs[name],
  })
  return { request: figuresOf('request'), echo: figuresOf('echo') }
}

async function runVariant(name: string, assemblyFolder: string, stateFolder: string | undefined): Promise<Variant> {
  tell(`${name}: starting the runtime`)
  const problems: string[] = []
  await using runtime = await startRuntime({
    assemblyFolder,
    stateFolder,
    certificatesFolder: CERTIFICATES_FOLDER,
    mqttPort: 0,
    apiPort: 0,
    rateLimits: 'off',
    log: ({ level, event }) => void (level === 'error' && problems.push(event)),
  })
  const key = await readIssuerKey(runtime)
  await using asker = await connectDevice(runtime, key, ASKER)
  await using echo = await connectDevice(runtime, key, ECHO)
  const topics = {
    request: topicName(DEFAULT_ROOT, 'conscience/evaluate', {}),
    // of the topics that devices share, the one that no topic rule listens on
    echo: topicName(DEFAULT_ROOT, 'org/{organizationId}/device/{deviceId}/command/web', PAIR),
    shared: topicName(DEFAULT_ROOT, 'conscience/results', {}),
  }
  await asker.subscribe(privateReplyTopic(DEFAULT_ROOT, ASKER), () => {})
  await asker.subscribe(topics.shared, () => {})
  await asker.subscribe(topics.echo, () => {})
  await echo.subscribe(
    topics.echo,
    (correlationId, payload) =>
      void echo.answer(topics.echo, JSON.parse(payload.toString('utf8')).payload, correlationId),
  )

  // that both have come is written down too
  await runtime.idle()
  const before = tableCalls(runtime)
  tell(`${name}: warming up`)
  const asks = {
    request: () => asker.ask(topics.request, REQUEST),
    echo: () => asker.ask(topics.echo, REQUEST),
  }
  const figures = await measure(asks, (block) =>
    tell(`${name}: requests beside bare echoes, ${block}/${SAMPLES.blocks}`),
  )
  await runtime.idle()
  const requests = SAMPLES.warmUp + SAMPLES.blocks * (SAMPLES.latencyPerBlock + SAMPLES.throughputPerBlock)
  if (problems.length > 0) throw new Error(`the runtime reported ${[...new Set(problems)].join(', ')}`)
  return { name, ...figures, tableCallsPerRequest: (tableCalls(runtime) - before) / requests }
}

function tableCalls(runtime: Runtime): number {
  const counts = Object.values(runtime.tableCalls()[deploymentNames(DEFAULT_STAGE).correlationTable] ?? {})
  return counts.reduce((sum, count) => sum + count, 0)
}

function report(machine: string, variants: readonly Variant[]): string {
  const row = (name: string, { p50Ms, p99Ms, perSecond }: Figures, calls = '') => [
    name,
    `${p50Ms.toFixed(2)} ms`,
    `${p99Ms.toFixed(2)} ms`,
    `${perSecond.toFixed(0)}/s`,
    calls,
  ]
  const rows = variants.flatMap(({ name, request, echo, tableCallsPerRequest }) => [
    row(`${name}: conscience/evaluate`, request, String(tableCallsPerRequest)),
    row(`${name}: bare echo`, echo),
    [
      '  ratio',
      `${(request.p50Ms / echo.p50Ms).toFixed(1)}`,
      `${(request.p99Ms / echo.p99Ms).toFixed(1)}`,
      `${(request.perSecond / echo.perSecond).toFixed(2)}`,
      '',
    ],
  ])
  const { blocks, latencyPerBlock, throughputPerBlock, warmUp } = SAMPLES
  return [
    machine,
    '',
    renderTable([['', 'p50, 1 at a time', 'p99', `${IN_FLIGHT} at a time`, 'DynamoDB calls'], ...rows]),
    '',
    `Each line: ${blocks * latencyPerBlock} requests one at a time and ${blocks * throughputPerBlock} at ${IN_FLIGHT}, after ${warmUp} to warm up, in ${blocks} blocks by turns.`,
    'The echo is a second client on the same broker. Clients and runtime share one process. Not measured: a network, AWS.',
  ].join('\n')
}

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
// functions run in threads, which share the time zone of the process; on Lambda it is UTC
process.env.TZ = 'UTC'
const machine = describeMachine()
const assemblyFolder = await benchAssembly()
const stateFolder = mkdtempSync(join(tmpdir(), 'bridge-bench-'))
try {
  const variants = [
    await runVariant('in memory', assemblyFolder, undefined),
    await runVariant('state on disk', assemblyFolder, stateFolder),
  ]
  const result = { machine, samples: { ...SAMPLES, inFlight: IN_FLIGHT }, variants }
  process.stdout.write(`${values.json ? JSON.stringify(result) : report(machineText(machine), variants)}\n`)
  for (const { name, tableCallsPerRequest } of variants) {
    if (tableCallsPerRequest === EXPECTED_TABLE_CALLS) continue
    process.stderr.write(`${name}: expected ${EXPECTED_TABLE_CALLS} DynamoDB calls, got ${tableCallsPerRequest}\n`)
    process.exitCode = 1
  }
} finally {
  rmSync(stateFolder, { recursive: true, force: true })
}
