import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { PROJECT_FOLDER } from './assembly.ts'

/** `bridge edge` as a process of its own. */
export interface EdgeService extends AsyncDisposable {
  readonly url: string
  readonly clientId: string
  /** Tells it to end, and resolves to its exit code. */
  end(): Promise<number | null>
}

/** Starts `bridge edge` on a free port beside the bridge that was announced in the state folder; it is connected then. */
export async function startEdgeService(
  stateFolder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<EdgeService> {
  const child = spawn(process.execPath, ['bin/bridge.ts', 'edge', '--json', '--port', '0', '--state', stateFolder], {
    cwd: PROJECT_FOLDER,
    env: { ...process.env, EDGE_STATE_FOLDER: `${stateFolder}/edge`, NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const { url, clientId } = await readyLine(child, exited)
  while (!(await isConnected(url))) await new Promise((resolve) => setImmediate(resolve))
  const end = () => {
    child.kill('SIGTERM')
    return exited
  }
  return { url, clientId, end, [Symbol.asyncDispose]: async () => void (await end()) }
}

async function readyLine(child: ChildProcess, exited: Promise<number | null>) {
  if (!child.stdout) throw new Error('no output')
  const line = once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>
  const ended = exited.then((code) => Promise.reject(new Error(`bridge edge ended with ${code}`)))
  const [text] = await Promise.race([line, ended])
  return JSON.parse(text) as { url: string; clientId: string }
}

async function isConnected(url: string): Promise<boolean> {
  const health = (await (await fetch(`${url}/health`)).json()) as { status: string }
  return health.status === 'healthy'
}
