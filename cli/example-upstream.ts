import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { CommandError } from './command-error.ts'

/** The example API as a process of its own. It ends with this one, however this one ends. */
export async function startExampleUpstream(projectFolder: string): Promise<{ url: string; close(): Promise<void> }> {
  const child = fork(join(projectFolder, 'examples/upstream/server.ts'), ['--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  // from the start: Ctrl-C reaches the child as well, and it may be gone before anybody closes it
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = await firstUrl(child)
  return {
    url,
    async close() {
      child.kill()
      await exited
    },
  }
}

function firstUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) =>
      reject(new CommandError('failed', 'upstream_failed', `the example upstream ended (${code})`)),
    )
    if (child.stdout) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const [url] = /http:\/\/\S+/.exec(line) ?? []
        if (url !== undefined) resolve(url)
      })
    }
  })
}
