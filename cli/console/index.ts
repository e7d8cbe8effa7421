import type { Runtime } from '#local/index.ts'
import type { Target } from '../target.ts'
import { consoleCalls } from './calls.ts'
import type { ConsoleRecorder } from './recorder.ts'
import { type ConsoleServer, startConsoleServer } from './server.ts'

export { preparePage } from './page-folder.ts'
export { type ConsoleRecorder, createConsoleRecorder } from './recorder.ts'
export type { ConsoleServer } from './server.ts'

/** Opens the console of a running runtime, which was started with the observers of `recorder`. Rejects when the port is taken. */
export async function startConsole(options: {
  runtime: Runtime
  target: Target
  recorder: ConsoleRecorder
  pageFolder: string
  port: number
}): Promise<ConsoleServer> {
  const { runtime, target, recorder, pageFolder, port } = options
  const stop = runtime.traces.listen(recorder.onHop)
  const { root, stage } = target
  const overview = { root, stage, mqttUrl: runtime.mqttUrl, apiUrl: runtime.apiUrl }
  const calls = consoleCalls({ runtime, target, recorder, overview })
  const server = await startConsoleServer({ port, pageFolder, calls, feed: recorder.feed })
  const close = async () => {
    stop()
    await server.close()
  }
  return { url: server.url, close, [Symbol.asyncDispose]: close }
}
