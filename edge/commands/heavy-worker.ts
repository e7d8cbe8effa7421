// The thread of one handler that keeps a processor busy. It loads the module that the handler was registered with.
import { parentPort, workerData } from 'node:worker_threads'
import type { Command } from './command.ts'

/** What the thread is started with. */
export interface HeavyWorkerData {
  readonly moduleUrl: string
  readonly exportName: string
}

export type HeavyCall = { readonly id: number; readonly payload: unknown; readonly command: Command }
export type HeavyAnswer =
  | { readonly id: number; readonly response: unknown }
  | { readonly id: number; readonly problem: string; readonly errorCode: string | undefined }

const { moduleUrl, exportName } = workerData as HeavyWorkerData
const module = (await import(moduleUrl)) as Record<string, unknown>
const handler = module[exportName]
if (typeof handler !== 'function') throw new TypeError(`${moduleUrl} exports no function ${exportName}`)

parentPort?.on('message', (call: HeavyCall) => void answer(call))

async function answer({ id, payload, command }: HeavyCall): Promise<void> {
  const post = (answer: HeavyAnswer) => parentPort?.postMessage(answer)
  try {
    post({ id, response: await (handler as (...values: unknown[]) => unknown)(payload, command) })
  } catch (error) {
    const errorCode = error instanceof Error && 'errorCode' in error ? String(error.errorCode) : undefined
    post({ id, problem: error instanceof Error ? error.message : String(error), errorCode })
  }
}
