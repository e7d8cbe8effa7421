import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { CommandError } from './command-error.ts'

/** Where the local runtime keeps its state unless told otherwise. */
export const DEFAULT_STATE_FOLDER = '.bridge'
const FILE_NAME = 'runtime.json'

const runtimeFileSchema = z.object({
  pid: z.int(),
  mqttUrl: z.string(),
  /** URLs for devices by kind: `mqtt`, and where the deployment has them `wss`, `mutualTls`, `https`. */
  endpoints: z.record(z.string(), z.string()),
  apiUrl: z.string(),
  /** Absent where the deployment has no token service. */
  tokenServiceUrl: z.string().optional(),
  requestsUrl: z.string().optional(),
  caFile: z.string(),
  root: z.string(),
  stage: z.string(),
  region: z.string(),
  credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string(), sessionToken: z.string() }),
})

/** What a running local runtime tells the other commands; holds credentials, so its owner alone may read it. */
export type RuntimeFile = z.infer<typeof runtimeFileSchema>

export function writeRuntimeFile(folder: string, runtime: RuntimeFile): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, FILE_NAME), JSON.stringify(runtime), { mode: 0o600 })
}

export function removeRuntimeFile(folder: string): void {
  rmSync(join(folder, FILE_NAME), { force: true })
}

/** The local runtime that runs with this folder, if one does. */
export function findRunningRuntime(folder: string): RuntimeFile | undefined {
  const file = join(folder, FILE_NAME)
  const runtime = existsSync(file)
    ? runtimeFileSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data
    : undefined
  return runtime && isAlive(runtime.pid) ? runtime : undefined
}

/** The running local runtime. Throws runtime_not_running when there is none. */
export function readRuntimeFile(folder: string): RuntimeFile {
  const runtime = findRunningRuntime(folder)
  if (runtime) return runtime
  throw new CommandError(
    'failed',
    'runtime_not_running',
    'no local runtime is running here: start one with "npm start"',
  )
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
