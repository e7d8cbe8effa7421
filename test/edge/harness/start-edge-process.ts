import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { EdgeBench } from './edge-bench.ts'
import type { EdgeUsage } from './edge-process.ts'

const SCRIPT = fileURLToPath(new URL('./edge-process.ts', import.meta.url))

/** The service in a process of its own, before the broker of a bench. */
export interface EdgeProcess {
  readonly url: string
  readonly instanceId: string
  /** Resolves to the exit code; null for one that was killed. */
  readonly exited: Promise<number | null>
  /** What it holds after a collection. Rejects when the process is gone. */
  usage(): Promise<EdgeUsage>
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>
}

export async function startEdgeProcess(
  bench: EdgeBench,
  environment: Readonly<Record<string, string>> = {},
): Promise<EdgeProcess> {
  const caFile = join(bench.folder, 'ca.pem')
  writeFileSync(caFile, bench.ca)
  const env = {
    ...process.env,
    EDGE_STATE_FOLDER: join(bench.folder, 'process'),
    TS_CLIENT_HOST: '127.0.0.1',
    TS_CLIENT_PORT: '0',
    ...environment,
  }
  const child = fork(SCRIPT, [bench.mqttUrl, caFile], { env, execArgv: ['--expose-gc'] })
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const { url, instanceId } = (await message(child, exited)) as { url: string; instanceId: string }
  return {
    url,
    instanceId,
    exited,
    async usage() {
      const answer = message(child, exited)
      child.send('usage')
      return (await answer) as EdgeUsage
    },
    async end(signal) {
      child.kill(signal)
      return exited
    },
  }
}

async function message(child: ChildProcess, exited: Promise<number | null>): Promise<unknown> {
  const [received] = await Promise.race([
    once(child, 'message'),
    exited.then((code) => {
      throw new Error(`the service ended with ${code}`)
    }),
  ])
  return received
}
