import type { Command } from 'commander'
import { isTopicKey, REQUEST_LIMITS, type RequestKey, topicDefinition } from '#contract/index.ts'
import { defineContract, jamey } from '#device/index.ts'
import { CommandError } from '../command-error.ts'
import { openDeviceRegistry } from '../device/device-registry.ts'
import { createProgress } from '../progress.ts'
import { openTarget, type Target, type TargetOptions, withTargetOptions } from '../target.ts'
import type { Terminal } from '../terminal.ts'
import { readJsonArgument } from '../topic-argument.ts'
import { answerAll, runAnswerLoad } from './answer-load.ts'
import { createAskOverHttp } from './ask-over-http.ts'
import { clientIds, connectFleet, type Device, registerFleet } from './fleet.ts'
import { showLive } from './live-line.ts'
import { runLoad } from './load.ts'
import type { Pace } from './pace.ts'
import { createRecorder, type Recorder, type Statistics } from './statistics.ts'

const DEFAULT_REQUEST = {
  topic: 'conscience/evaluate',
  payload: '{"action":"water the plants","context":"simulation"}',
}
/** Beyond this one process is what is measured. */
const MAX_DEVICES = 10_000

const EXAMPLES = `
The devices are registered first, as <prefix>-0001 and so on, with nothing but their records; a second run uses the same. Each has the client of
device/, a token of its own and an even pace. Ctrl-C ends the sending and shows what there is.

With --answer it is the cloud that asks, over the HTTP API, and each device answers with what it was asked; times are those of a caller that
waits. What is not answered by then is looked at until its deadline: it was late, or is lost.

What a bridge cannot keep up with waits in its queues, and is refused after 30 seconds. The exit code is 1 when a request was lost or refused.

Examples:
  npx bridge simulate --devices 500 --rate 1
  npx bridge simulate --devices 20 --rate 5 --duration 30 --topic memory/query --payload '{"query":"rain"}'
  npx bridge simulate --answer --devices 1000 --rate 0.05 --duration 60
  npx bridge simulate --devices 50 --json --aws --stage dev`

interface SimulateOptions extends TargetOptions {
  devices: string
  rate: string
  duration: string
  topic?: string
  payload?: string
  timeout: string
  prefix: string
  role: string
  answer?: boolean
  requestsUrl?: string
  json?: boolean
}

/** What a run does once its devices are connected. */
interface Run {
  /** As the summary says it. */
  topic: string
  start(devices: readonly Device[], recorder: Recorder, signal: AbortSignal): Promise<void>
}

/** `bridge simulate`: many devices in one process, and what became of their requests. */
export function simulateCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('simulate')
    .description('drive many simulated devices, and tell what became of their requests')
    .option('--devices <number>', 'how many', '100')
    .option('--rate <per-second>', 'requests a second, of each device', '1')
    .option('--duration <seconds>', 'how long they send', '20')
    .option('--topic <key>', `a topic that is answered (default: ${DEFAULT_REQUEST.topic})`)
    .option('--payload <json>', `its payload (default: ${DEFAULT_REQUEST.payload}, for the default topic)`)
    .option('--timeout <ms>', 'how long a request has for its reply', String(REQUEST_LIMITS.deadlineMs))
    .option('--answer', 'the devices are asked, and answer')
    .option('--requests-url <url>', 'with --answer and --aws: output RequestsUrl of the stack')
    .option('--prefix <text>', 'client ids begin with it', 'sim')
    .option('--role <role>', 'role of devices that are not registered yet', 'agent')
    .option('--json', 'print the summary as one line of JSON')
  withTargetOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((options: SimulateOptions) => simulate(options, terminal))
}

async function simulate(options: SimulateOptions, terminal: Terminal): Promise<void> {
  const count = numberOf('--devices', options.devices, { whole: true, max: MAX_DEVICES })
  const rate = numberOf('--rate', options.rate)
  const durationMs = numberOf('--duration', options.duration) * 1_000
  const target = openTarget(options)
  const run = await (options.answer ? answerRun : requestRun)(options, { rate, durationMs }, target)
  const progress = createProgress(terminal)
  await using opened = new AsyncDisposableStack()

  const ids = clientIds(options.prefix, count)
  progress.step(`registering ${count} devices`)
  const { records } = openDeviceRegistry(target)
  await registerFleet(records, ids, options.role, (done) => progress.update(`registering ${done} of ${count} devices`))
  progress.step(`connecting ${count} devices`)
  const contract = defineContract({ root: target.root, topics: jamey.topics })
  const devices = await connectFleet(target, contract, ids, opened, (done) => {
    progress.update(`connecting ${done} of ${count} devices`)
  })
  progress.done()

  const recorder = createRecorder()
  const ending = new AbortController()
  const interrupt = () => ending.abort()
  process.once('SIGINT', interrupt)
  const live = showLive(recorder.read, durationMs, terminal)
  const startedAtMs = performance.now()
  try {
    await run.start(devices, recorder, ending.signal)
  } finally {
    live.stop()
    process.off('SIGINT', interrupt)
  }
  const seconds = (performance.now() - startedAtMs) / 1_000
  const statistics = recorder.read()
  const summary = {
    devices: count,
    topic: run.topic,
    seconds,
    ...statistics,
    answeredPerSecond: statistics.answered / seconds,
  }
  if (options.json) terminal.result(JSON.stringify(summary))
  else showSummary(summary, terminal)
  const refusals = Object.entries(statistics.refused)
  if (statistics.lost + refusals.length > 0) {
    const text = [`${statistics.lost} lost`, ...refusals.map(([code, times]) => `${times} ${code}`)].join(', ')
    throw new CommandError('failed', 'requests_unanswered', text)
  }
}

/** The devices ask. */
async function requestRun(options: SimulateOptions, pace: Pace): Promise<Run> {
  const timeoutMs = numberOf('--timeout', options.timeout)
  const topic = requestTopic(options.topic ?? DEFAULT_REQUEST.topic)
  const payload = await requestPayload(topic, options.payload)
  return {
    topic,
    start: (devices, recorder, signal) => runLoad(devices, { topic, payload, timeoutMs, ...pace }, recorder, signal),
  }
}

/** The cloud asks. */
async function answerRun(options: SimulateOptions, pace: Pace, target: Target): Promise<Run> {
  if (options.topic !== undefined || options.payload !== undefined) {
    throw new CommandError('usage', 'invalid_option', '--topic and --payload are of devices that ask')
  }
  const deadlineSeconds = Math.ceil(numberOf('--timeout', options.timeout) / 1_000)
  const requestsUrl = options.requestsUrl ?? target.requestsUrl
  if (requestsUrl === undefined) {
    throw new CommandError(
      'usage',
      'invalid_option',
      '--requests-url is needed: only the stack tells where devices are asked',
    )
  }
  const http = createAskOverHttp({ aws: target.aws, requestsUrl })
  return {
    topic: 'devices/{clientId}/requests',
    async start(devices, recorder, signal) {
      await answerAll(devices)
      const ids = devices.map(({ clientId }) => clientId)
      await runAnswerLoad(ids, { deadlineSeconds, ...pace }, http, recorder, signal)
    },
  }
}

function showSummary(
  summary: Statistics & { devices: number; topic: string; seconds: number; answeredPerSecond: number },
  { result, colors }: Terminal,
): void {
  const milliseconds = (value: number | undefined) => (value === undefined ? '–' : `${value.toFixed(1)} ms`)
  const rows = {
    devices: String(summary.devices),
    topic: summary.topic,
    sent: String(summary.sent),
    answered: `${summary.answered} (${summary.answeredPerSecond.toFixed(0)}/s)`,
    ...Object.fromEntries(Object.entries(summary.refused).map(([code, times]) => [code, String(times)])),
    late: String(summary.late),
    lost: String(summary.lost),
    p50: milliseconds(summary.p50Ms),
    p99: milliseconds(summary.p99Ms),
    slowest: milliseconds(summary.maxMs),
  }
  const width = Math.max(...Object.keys(rows).map((name) => name.length))
  for (const [name, value] of Object.entries(rows)) result(`${colors.dim(name.padEnd(width))}  ${value}`)
}

function requestTopic(text: string): RequestKey {
  if (isTopicKey(text) && topicDefinition(text).reply) return text as RequestKey
  throw new CommandError('usage', 'not_a_request', `--topic: "${text}" is not a topic that is answered`)
}

async function requestPayload(topic: RequestKey, given: string | undefined): Promise<unknown> {
  if (given === undefined && topic !== DEFAULT_REQUEST.topic) {
    throw new CommandError('usage', 'invalid_option', `--payload is needed for ${topic}`)
  }
  const payload = await readJsonArgument(given ?? DEFAULT_REQUEST.payload)
  const problem = topicDefinition(topic).payload.safeParse(payload).error?.issues[0]
  if (!problem) return payload
  throw new CommandError('usage', 'invalid_payload', `--payload: ${problem.path.join('.')}: ${problem.message}`)
}

function numberOf(option: string, text: string, { whole = false, max = Number.POSITIVE_INFINITY } = {}): number {
  const value = Number(text)
  if (value > 0 && value <= max && (!whole || Number.isInteger(value))) return value
  const bound = Number.isFinite(max) ? ` up to ${max}` : ''
  throw new CommandError(
    'usage',
    'invalid_option',
    `${option}: expected a${whole ? ' whole' : ''} number above 0${bound}, got ${text}`,
  )
}
