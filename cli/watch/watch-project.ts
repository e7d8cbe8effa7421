import { watch } from 'chokidar'
import type { Runtime, RuntimeLog } from '#local/index.ts'
import { type RunApp, synthesizeInto, watchedPaths } from '../synthesize.ts'
import type { AssemblyFolders } from './assembly-folders.ts'
import { firstProblem } from './first-problem.ts'
import { startSynthesisAhead } from './synthesis-ahead.ts'

/** An editor writes a file in several steps, and a change of branch many files. */
const SETTLED_MS = 60

export interface WatchOptions {
  projectFolder: string
  /** Settings of the stack beside those of cdk.json. */
  context: Readonly<Record<string, string>>
  runtime: Pick<Runtime, 'reload' | 'codeFolders'>
  folders: AssemblyFolders
  log: RuntimeLog
  onReloaded(): void
}

/**
 * Reloads the runtime when a source of its template changes. What cannot be synthesized, or what the runtime refuses, is told, and the
 * bridge goes on as before; the next good change is taken. Resolves when it watches.
 */
export async function watchProject(options: WatchOptions): Promise<AsyncDisposable> {
  const { projectFolder, context } = options
  const ahead = startSynthesisAhead(projectFolder)
  const watcher = watch(watchedPaths(projectFolder, context), { ignoreInitial: true })
  const ready = new Promise<void>((resolve) => watcher.once('ready', () => resolve()))
  let timer: NodeJS.Timeout | undefined
  /** Aborts a synthesis that a newer change has made useless. */
  let synthesis: AbortController | undefined
  let isStale = false
  let working: Promise<void> | undefined

  watcher.on('all', () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      isStale = true
      synthesis?.abort()
      working ??= work().finally(() => {
        working = undefined
      })
    }, SETTLED_MS)
  })

  async function work(): Promise<void> {
    while (isStale) {
      isStale = false
      synthesis = new AbortController()
      await reload(options, ahead.run, synthesis.signal)
    }
  }

  await ready
  return {
    async [Symbol.asyncDispose]() {
      clearTimeout(timer)
      await watcher.close()
      isStale = false
      synthesis?.abort()
      await working
      ahead[Symbol.dispose]()
    },
  }
}

async function reload(options: WatchOptions, run: RunApp, signal: AbortSignal): Promise<void> {
  const { projectFolder, context, runtime, folders, log } = options
  const startedAtMs = performance.now()
  const folder = folders.make()
  try {
    await synthesizeInto(folder, { projectFolder, context, signal, run, inHaste: true })
    const { created, updated, removed } = await runtime.reload(folder)
    folders.removeUnused(folder, runtime.codeFolders())
    options.onReloaded()
    const changes = Object.entries({ created, updated, removed }).filter(([, ids]) => ids.length > 0)
    log({
      level: 'info',
      event: 'reloaded',
      durationMs: Math.round(performance.now() - startedAtMs),
      ...(changes.length === 0
        ? { changes: 'none' }
        : Object.fromEntries(changes.map(([what, ids]) => [what, ids.map(readable).join(', ')]))),
    })
  } catch (error) {
    folders.remove(folder)
    if (signal.aborted) return
    const words = error instanceof Error ? error.message : String(error)
    const goesOn = 'the bridge goes on as before'
    log({ level: 'error', event: 'reload_refused', ...firstProblem(words, projectFolder), goesOn })
  }
}

/** A logical id without the hash that CDK adds. */
function readable(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '')
}
