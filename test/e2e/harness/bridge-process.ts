import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Runtime } from '#local/index.ts'
import { PROJECT_FOLDER } from './assembly.ts'

/** What `bridge start --json` prints, and what it leaves for the other commands. */
type ReadyLine = Pick<Runtime, 'mqttUrl' | 'endpoints' | 'apiUrl' | 'caFile'> & {
  consoleUrl: string
  root: string
  readyMs: number
}
type Target = Pick<Runtime, 'mqttUrl' | 'apiUrl' | 'caFile' | 'region' | 'credentials'> & { requestsUrl: string }

export interface CommandResult {
  exitCode: number | null
  stdout: string
  stderr: string
}

/** A runtime as a process of its own, which may be killed. */
export interface BridgeProcess extends AsyncDisposable {
  readonly ready: ReadyLine
  readonly target: Target
  readonly pid: number
  /** Resolves when it has ended, however it ended. */
  readonly ended: Promise<CommandResult>
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<CommandResult>
}

/** Runs one command of the command line to its end. */
export function runCommand(args: readonly string[], options: { input?: string } = {}): Promise<CommandResult> {
  const child = spawnCommand(args)
  child.stdin?.end(options.input ?? '')
  return resultOf(child)
}

/** Starts `bridge start --json` on free ports. Rejects with the command's words when it ends before it is ready. */
export async function startBridgeProcess(stateFolder: string, args: readonly string[]): Promise<BridgeProcess> {
  const ports = ['--mqtt-port', '0', '--api-port', '0']
  const child = spawnCommand(['start', '--json', ...ports, '--state', stateFolder, ...args])
  const ended = resultOf(child)
  const line = await Promise.race([firstLine(child), ended])
  if (typeof line !== 'string') throw new Error(`bridge start ended with ${line.exitCode}: ${line.stderr}`)

  async function kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<CommandResult> {
    child.kill(signal)
    return ended
  }

  return {
    ready: JSON.parse(line) as ReadyLine,
    target: JSON.parse(readFileSync(join(stateFolder, 'runtime.json'), 'utf8')) as Target,
    pid: child.pid ?? 0,
    ended,
    kill,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) await kill('SIGTERM')
    },
  }
}

/** A folder that is gone with its scope. */
export function temporaryFolder(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'bridge-e2e-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

function spawnCommand(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['bin/bridge.ts', ...args], {
    cwd: PROJECT_FOLDER,
    env: { ...process.env, NO_COLOR: '1' },
  })
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the process has no standard output')
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return line
}

async function resultOf(child: ChildProcess): Promise<CommandResult> {
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  }
  const [exitCode] = (await once(child, 'close')) as [number | null]
  return { exitCode, ...output }
}
