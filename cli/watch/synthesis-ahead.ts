import { type ChildProcess, spawn } from 'node:child_process'
import { appEnded, COMPILE_CACHE, type RunApp } from '../synthesize.ts'

/** The CDK app, started ahead of what it is to synthesize; see bin/warm-up.ts. */
export interface SynthesisAhead extends Disposable {
  readonly run: RunApp
}

/** Keeps one process waiting, with all packages loaded, so that a synthesis takes a third of the time. */
export function startSynthesisAhead(projectFolder: string): SynthesisAhead {
  let waiting: ChildProcess | undefined = start()

  function start(): ChildProcess {
    const child = spawn(process.execPath, ['--import', './bin/warm-up.ts', 'bin/app.ts'], {
      cwd: projectFolder,
      env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...process.env },
      stdio: ['pipe', 'ignore', 'pipe'],
    })
    // of a process that ended by itself: its end is told where it is run
    child.stdin?.on('error', () => {})
    return child
  }

  return {
    async run(env, signal) {
      const child = waiting ?? start()
      waiting = undefined
      const stop = () => child.kill()
      signal?.addEventListener('abort', stop)
      try {
        const ended = appEnded(child)
        child.stdin?.end(`${JSON.stringify(env)}\n`)
        await ended
      } finally {
        signal?.removeEventListener('abort', stop)
        waiting ??= start()
      }
    },
    [Symbol.dispose]() {
      waiting?.kill()
      waiting = undefined
    },
  }
}
