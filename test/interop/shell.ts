import { spawn } from 'node:child_process'
import { PROJECT_FOLDER } from '../docs/markdown.ts'

/** How a script ended. */
export interface ShellResult {
  exitCode: number
  stdout: string
  stderr: string
}

/** A script that runs. */
export interface RunningShell {
  /** Resolves as soon as the output holds this text; rejects when the script ends without it. */
  printed(text: string): Promise<void>
  readonly result: Promise<ShellResult>
  /** Ends the shell; of a script of one line that is its program. */
  stop(): void
}

/** Runs a script in the checkout with `sh`, as the lines of a document are run. */
export function runShell(script: string, env: Readonly<Record<string, string>> = {}): RunningShell {
  const child = spawn('sh', ['-c', script], {
    cwd: PROJECT_FOLDER,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const waiting = new Set<() => void>()
  const grown = () => {
    for (const look of waiting) look()
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    grown()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    grown()
  })
  const result = new Promise<ShellResult>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ exitCode: code ?? -1, stdout, stderr }))
  })

  return {
    result,
    stop: () => void child.kill(),
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!stdout.includes(text)) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
        result.then(() => reject(new Error(`"${text}" was not printed: ${stdout}${stderr}`)), reject)
      }),
  }
}
