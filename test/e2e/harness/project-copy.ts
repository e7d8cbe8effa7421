import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Runtime } from '#local/index.ts'
import { PROJECT_FOLDER, sharedFolders } from './assembly.ts'

const SOURCES = [
  'asyncapi',
  'bin',
  'cli',
  'console',
  'contract',
  'correlation',
  'device',
  'functions',
  'keys',
  'lib',
  'local',
  'cdk.json',
  'fleet.json',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
]

/** A checkout of its own, to be edited. */
export interface ProjectCopy extends Disposable {
  readonly folder: string
  /** Changes a file; the pattern must occur in it. */
  edit(file: string, pattern: string, replacement: string): void
}

export async function copyProject(): Promise<ProjectCopy> {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-project-'))
  for (const source of SOURCES) cpSync(join(PROJECT_FOLDER, source), join(folder, source), { recursive: true })
  const { certificates } = await sharedFolders()
  cpSync(certificates, join(folder, 'certs/local'), { recursive: true })
  // not as one link: what is bundled is kept in a folder of it
  mkdirSync(join(folder, 'node_modules'))
  for (const name of readdirSync(join(PROJECT_FOLDER, 'node_modules'))) {
    if (name === '.cache') continue
    symlinkSync(join(PROJECT_FOLDER, 'node_modules', name), join(folder, 'node_modules', name))
  }
  return {
    folder,
    edit(file, pattern, replacement) {
      const path = join(folder, file)
      const text = readFileSync(path, 'utf8')
      if (!text.includes(pattern)) throw new Error(`${file} does not hold ${pattern}`)
      writeFileSync(path, text.replace(pattern, replacement))
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export interface WatchingBridge extends AsyncDisposable {
  readonly target: Pick<Runtime, 'mqttUrl' | 'apiUrl' | 'caFile' | 'region' | 'credentials'>
  /** The next line of the log with this event, to come or not yet taken. */
  logged(event: string): Promise<Record<string, unknown>>
}

/** `bridge start` in the folder of a copy, watching it. */
export async function startWatching({ folder }: ProjectCopy): Promise<WatchingBridge> {
  const ports = ['--mqtt-port', '0', '--api-port', '0']
  const options = ['start', '--json', '--ephemeral', '--upstream', 'none', ...ports]
  const child = spawn(process.execPath, ['bin/bridge.ts', ...options], { cwd: folder })
  const exited = once(child, 'exit')
  const lines = logOf(child)
  const output = createInterface({ input: child.stdout })
  const ended = exited.then(() => Promise.reject(new Error(`the bridge ended: ${lines.all.join('\n')}`)))
  await Promise.race([once(output, 'line'), ended])
  ended.catch(() => {})
  return {
    target: JSON.parse(readFileSync(join(folder, '.bridge/runtime.json'), 'utf8')) as WatchingBridge['target'],
    logged: lines.next,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

function logOf(child: ChildProcess) {
  const all: string[] = []
  const left: Record<string, unknown>[] = []
  const waiting = new Set<() => void>()
  if (!child.stderr) throw new Error('the process has no standard error')
  createInterface({ input: child.stderr }).on('line', (line) => {
    all.push(line)
    if (!line.startsWith('{')) return
    left.push(JSON.parse(line) as Record<string, unknown>)
    for (const wake of waiting) wake()
  })

  async function next(event: string): Promise<Record<string, unknown>> {
    for (;;) {
      const place = left.findIndex((line) => line.event === event)
      const [found] = place === -1 ? [] : left.splice(place, 1)
      if (found) return found
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.add(resolve)
      await promise
      waiting.delete(resolve)
    }
  }
  return { all, next }
}
