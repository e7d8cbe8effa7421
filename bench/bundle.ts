import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import {
  bundleAll,
  bundleSize,
  FUNCTION_NAMES,
  type FunctionName,
  readSettings,
  STATIC_CEILING_BYTES,
  staticallyLoaded,
} from '#lib/index.ts'
import { benchAssembly, deployedEnvironment, PROJECT_FOLDER } from './assembly.ts'
import { describeMachine, machineText } from './machine.ts'
import { percentile, renderTable, tell } from './report.ts'

const ROUNDS = 11
const EMPTY_HANDLER = 'export const handler = async () => {}\n'
/** Times the import alone: the start of Node itself is not ours. */
const TIMED_IMPORT = `
  const startedAtMs = performance.now()
  await import(process.argv[1])
  process.stdout.write(String(performance.now() - startedAtMs), () => process.exit(0))`

interface Row {
  name: string
  /** What importing the entry loads. */
  staticBytes: number
  totalBytes: number
  /** Of what importing the entry loads. */
  staticGzipBytes: number
  ceilingBytes: number | undefined
  initMs: number
}

interface Target {
  folder: string
  environment: Record<string, string>
}

async function importMs({ folder, environment }: Target): Promise<number> {
  const file = pathToFileURL(join(folder, 'index.mjs')).href
  const env = { ...environment, AWS_REGION: 'us-east-1', LAMBDA_TASK_ROOT: folder, TZ: ':UTC' }
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', TIMED_IMPORT, file],
    { env },
  )
  return Number(stdout)
}

/** The median of each, in fresh processes, by turns, so that a change of the machine's mood hits all. */
async function initTimes(targets: Readonly<Record<string, Target>>): Promise<Record<string, number>> {
  const samples: Record<string, number[]> = {}
  for (let round = 1; round <= ROUNDS; round++) {
    tell(`cold starts, round ${round} of ${ROUNDS}`)
    for (const [name, target] of Object.entries(targets)) {
      const durations = samples[name] ?? []
      samples[name] = durations
      durations.push(await importMs(target))
    }
  }
  return Object.fromEntries(Object.entries(samples).map(([name, durations]) => [name, percentile(durations, 0.5)]))
}

function report(machine: string, rows: readonly Row[]): string {
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} KB`
  const cells = rows.map(({ name, staticBytes, staticGzipBytes, totalBytes, ceilingBytes, initMs }) => [
    name,
    kilobytes(staticBytes),
    ceilingBytes === undefined ? '' : `${kilobytes(ceilingBytes)}${staticBytes < ceilingBytes ? '' : ' EXCEEDED'}`,
    kilobytes(staticGzipBytes),
    kilobytes(totalBytes),
    `${initMs.toFixed(1)} ms`,
  ])
  return [
    machine,
    '',
    renderTable([['', 'loaded at start', 'ceiling', 'gzip', 'with all chunks', 'cold init'], ...cells]),
    '',
    `Minified. Cold init: importing the bundle with its variables, median of ${ROUNDS} fresh processes by turns.`,
    'Not measured: the start of Node itself, AWS.',
  ].join('\n')
}

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
const machine = describeMachine()
const assemblyFolder = await benchAssembly()
const bundles = await bundleAll(
  readSettings(() => undefined, PROJECT_FOLDER),
  PROJECT_FOLDER,
)
const emptyFolder = mkdtempSync(join(tmpdir(), 'bridge-bench-'))
try {
  writeFileSync(join(emptyFolder, 'index.mjs'), EMPTY_HANDLER)
  const targets: Record<string, Target> = { 'empty handler': { folder: emptyFolder, environment: {} } }
  for (const name of FUNCTION_NAMES) {
    targets[name] = { folder: bundles[name].folder, environment: deployedEnvironment(assemblyFolder, name) }
  }
  const initMs = await initTimes(targets)
  const rowOf = (name: FunctionName): Row => {
    const { folder, metafile } = bundles[name]
    const code = Buffer.concat(staticallyLoaded(metafile).map((file) => readFileSync(join(folder, file))))
    return {
      name,
      ...bundleSize(metafile),
      staticGzipBytes: gzipSync(code).length,
      ceilingBytes: STATIC_CEILING_BYTES[name],
      initMs: initMs[name] ?? Number.NaN,
    }
  }
  const bytes = EMPTY_HANDLER.length
  const empty = {
    name: 'empty handler',
    staticBytes: bytes,
    totalBytes: bytes,
    staticGzipBytes: gzipSync(EMPTY_HANDLER).length,
  }
  const rows = [
    { ...empty, ceilingBytes: undefined, initMs: initMs['empty handler'] ?? Number.NaN },
    ...FUNCTION_NAMES.map(rowOf),
  ]
  process.stdout.write(
    `${values.json ? JSON.stringify({ machine, rounds: ROUNDS, rows }) : report(machineText(machine), rows)}\n`,
  )
  const exceeded = rows.filter(
    ({ staticBytes, ceilingBytes }) => ceilingBytes !== undefined && staticBytes >= ceilingBytes,
  )
  if (exceeded.length > 0) process.exitCode = 1
} finally {
  rmSync(emptyFolder, { recursive: true, force: true })
}
