import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A script of the bench in a process of its own; `ready` is the first message it sends. */
export interface Child<Ready> extends AsyncDisposable {
  readonly process: ChildProcess
  readonly ready: Ready
}

/** Starts a script next to the caller and waits until it says that it is ready. It ends when it is disconnected. */
export async function startChild<Ready>(script: URL, ...args: string[]): Promise<Child<Ready>> {
  const child = fork(fileURLToPath(script), args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [...process.execArgv, '--expose-gc'],
  })
  const exited = once(child, 'exit')
  const failed = exited.then(([code]) => {
    throw new Error(`${fileURLToPath(script)} ended with ${String(code)}`)
  })
  failed.catch(() => {})
  const [ready] = (await Promise.race([once(child, 'message'), failed])) as [Ready]
  return {
    process: child,
    ready,
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}
