import { Worker } from 'node:worker_threads'
import { type Command, CommandError, type CommandHandler, type CommandResponse } from './command.ts'
import type { HeavyAnswer, HeavyCall, HeavyWorkerData } from './heavy-worker.ts'

/** A handler on a thread of its own. */
export interface HeavyHandler {
  readonly handle: CommandHandler<unknown>
  close(): Promise<void>
}

/**
 * Runs the export of a module on a thread, which is started with the first command and again after it has died. `url` may name the export
 * behind a `#`; without one it is `handler`. A function itself cannot go to another thread.
 */
export function createHeavyHandler(url: URL): HeavyHandler {
  const exportName = url.hash.slice(1) || 'handler'
  const moduleUrl = url.href.slice(0, url.href.length - url.hash.length)
  let worker: Worker | undefined
  let calls = 0
  const waiting = new Map<number, PromiseWithResolvers<CommandResponse | undefined>>()

  function start(): Worker {
    const started = new Worker(new URL('./heavy-worker.ts', import.meta.url), {
      workerData: { moduleUrl, exportName } satisfies HeavyWorkerData,
    })
    started.unref()
    started.on('message', (answer: HeavyAnswer) => {
      const call = waiting.get(answer.id)
      waiting.delete(answer.id)
      if ('response' in answer) call?.resolve(answer.response as CommandResponse | undefined)
      else if (answer.errorCode === undefined) call?.reject(new Error(answer.problem))
      else call?.reject(new CommandError(answer.errorCode, answer.problem))
    })
    const failAll = (error: Error) => {
      if (worker !== started) return
      worker = undefined
      for (const { reject } of waiting.values()) reject(error)
      waiting.clear()
    }
    started.on('error', failAll)
    started.on('exit', (code) => failAll(new Error(`the thread ended with ${code}`)))
    return started
  }

  return {
    handle(payload: unknown, command: Command) {
      worker ??= start()
      calls += 1
      const call = Promise.withResolvers<CommandResponse | undefined>()
      waiting.set(calls, call)
      worker.postMessage({ id: calls, payload, command } satisfies HeavyCall)
      return call.promise
    },
    async close() {
      await worker?.terminate()
    },
  }
}
