import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PROJECT_FOLDER } from '../docs/markdown.ts'

interface ReadyLine {
  mqttUrl: string
  endpoints: Record<string, string>
  caFile: string
}

/** The runtime as a process of its own, as a user starts it. */
export interface StartedBridge extends AsyncDisposable {
  readonly port: string
  /** Of the endpoints that were asked for, by kind. */
  readonly endpoints: Readonly<Record<string, string>>
  readonly caFile: string
  /** Its state folder, which finds it for other commands. */
  readonly stateFolder: string
  /** Resolves with the first log line, past or to come, that has these fields. */
  logged(fields: Readonly<Record<string, string>>): Promise<Record<string, unknown>>
}

/** Starts the runtime on free ports with nothing kept, and with these further options. */
export async function startBridge(more: readonly string[] = []): Promise<StartedBridge> {
  const stateFolder = mkdtempSync(join(tmpdir(), 'bridge-interop-'))
  const options = [
    '--json',
    '--no-watch',
    '--mqtt-port',
    '0',
    '--api-port',
    '0',
    '--ephemeral',
    '--state',
    stateFolder,
    ...more,
  ]
  const child = spawn(process.execPath, ['bin/bridge.ts', 'start', ...options], {
    cwd: PROJECT_FOLDER,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log = followLog(child)
  const { mqttUrl, endpoints, caFile } = await readyLine(child, log.text)
  return {
    port: new URL(mqttUrl).port,
    endpoints,
    caFile,
    stateFolder,
    logged: log.logged,
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
      rmSync(stateFolder, { recursive: true, force: true })
    },
  }
}

function readyLine(child: ChildProcess, errors: () => string): Promise<ReadyLine> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the runtime ended with ${code}: ${errors()}`)))
    if (child.stdout) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.startsWith('{')) resolve(JSON.parse(line) as ReadyLine)
      })
    }
  })
}

function followLog(child: ChildProcess) {
  const lines: string[] = []
  const waiting = new Set<() => void>()
  if (child.stderr) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line)
      for (const look of waiting) look()
    })
  }

  return {
    text: () => lines.join('\n'),
    logged(fields: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
      return new Promise((resolve) => {
        const look = () => {
          const entries = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
          const found = entries.find((entry) => Object.entries(fields).every(([name, value]) => entry[name] === value))
          if (!found) return
          waiting.delete(look)
          resolve(found as Record<string, unknown>)
        }
        waiting.add(look)
        look()
      })
    },
  }
}
