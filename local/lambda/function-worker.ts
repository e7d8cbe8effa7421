import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { type FunctionDefinition, runtimeEnvironment } from './function-definition.ts'
import type { EnvironmentEnd, FunctionError } from './function-error.ts'
import type { HostMessage, HostSettings, InvokeMessage, TracedInvocation } from './host-protocol.ts'
import { xrayHeader } from './xray-header.ts'

/** The largest answer of a function. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const MAX_RESPONSE_BYTES = 6_291_556
/** How long a bundle may take to load. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html */
export const INIT_TIMEOUT_SECONDS = 10

const HOST_URL = new URL('./worker-host.mjs', import.meta.url)
// With less than this V8 is busy collecting garbage before a bundle is even loaded.
const MIN_HEAP_MB = 128
// Small, as on Lambda: what is promoted at once must fit into the 16 MB Node allows over the limit, see below.
const YOUNG_SHARE = 1 / 8

/** One execution environment: a thread with the bundle loaded, for one invocation at a time. */
export interface FunctionWorker {
  /** Undefined once loaded, or why it could not be. Never rejects. */
  readonly ready: Promise<EnvironmentEnd | undefined>
  /** Never rejects; an `end` means that the environment is gone. */
  run(invocation: TracedInvocation): Promise<InvocationResult>
  /** Ends the thread, even within an endless loop; what runs is answered with the given end. */
  terminate(end?: EnvironmentEnd): Promise<void>
}

/** How one invocation went. */
export type InvocationResult = { heapUsedBytes?: number } & (
  | { kind: 'success'; payloadJson: string }
  | { kind: 'error'; error: FunctionError }
  | { kind: 'end'; end: EnvironmentEnd }
)

/**
 * Starts a thread for the function. It sees the given variables only; process id, working directory and time zone are
 * those of the runtime's process. `os.tmpdir()` is a folder of its own, gone with the environment; a path written as `/tmp` is everybody's. Timeouts run in real time, as the function does.
 *
 * Two limits of threads: one allocation that oversteps the heap limit by more than 16 MB, for example a very large Map
 * that grows, ends the process and not only the thread; and V8 cannot interrupt every loop that calls only built-ins
 * (seen with `Array.prototype.fill`), so such a thread outlives its timeout.
 */
export function startFunctionWorker(options: {
  definition: FunctionDefinition
  logStreamName: string
  onLog: (text: string, requestId?: string) => void
  /** The thread ended while nothing ran in it. */
  onLost: (end: EnvironmentEnd) => void
}): FunctionWorker {
  const { definition, onLog, onLost } = options
  const ready = Promise.withResolvers<EnvironmentEnd | undefined>()
  const exited = Promise.withResolvers<void>()
  let running: ((result: InvocationResult) => void) | undefined
  let phase: 'init' | 'up' | 'ended' = 'init'
  let timer: NodeJS.Timeout | undefined

  const heapMb = Math.max(MIN_HEAP_MB, definition.memoryMb)
  const temporaryFolder = mkdtempSync(join(tmpdir(), 'lambda-tmp-'))
  const worker = new Worker(HOST_URL, {
    env: { ...runtimeEnvironment(definition, options.logStreamName), TMPDIR: temporaryFolder },
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: heapMb * YOUNG_SHARE },
    stdout: true,
    stderr: true,
    workerData: {
      codePath: definition.codePath,
      handler: definition.handler,
      maxResponseBytes: MAX_RESPONSE_BYTES,
    } satisfies HostSettings,
  })
  // The host writes to neither; what still arrives comes from Node itself, for example a warning.
  for (const stream of [worker.stdout, worker.stderr]) stream.on('data', (data) => onLog(String(data).trimEnd()))
  worker.on('message', onMessage)
  worker.on('error', (error) => end(endOfError(error)))
  worker.on('exit', (exitCode) => {
    end({ kind: 'exit', exitCode })
    // Nothing of it can still be open; what cannot be removed is the system's to clean up.
    void rm(temporaryFolder, { recursive: true, force: true })
      .catch(() => {})
      .then(exited.resolve)
  })

  function onMessage(message: HostMessage): void {
    switch (message.type) {
      case 'log':
        onLog(message.text, message.requestId)
        break
      case 'booted':
        limitTime(INIT_TIMEOUT_SECONDS)
        break
      case 'ready':
        if (phase !== 'init') break
        clearTimeout(timer)
        phase = 'up'
        ready.resolve(undefined)
        break
      case 'result':
        settle({ kind: 'success', ...message })
        break
      case 'invokeError':
        settle({ kind: 'error', ...message })
        break
      case 'initError':
      case 'fatal':
        end({ kind: 'error', error: message.error })
        break
    }
  }

  function run({ requestId, eventJson, functionArn, traceId }: TracedInvocation): Promise<InvocationResult> {
    if (phase !== 'up') return Promise.resolve({ kind: 'end', end: { kind: 'exit', exitCode: 0 } })
    const { promise, resolve } = Promise.withResolvers<InvocationResult>()
    running = resolve
    limitTime(definition.timeoutSeconds)
    const timeoutMs = definition.timeoutSeconds * 1000
    const traceHeader = xrayHeader(traceId, requestId)
    worker.postMessage({ requestId, eventJson, functionArn, timeoutMs, traceHeader } satisfies InvokeMessage)
    return promise
  }

  function limitTime(timeoutSeconds: number): void {
    timer = setTimeout(() => end({ kind: 'timeout', timeoutSeconds }), timeoutSeconds * 1000)
  }

  function settle(result: InvocationResult): void {
    clearTimeout(timer)
    const resolve = running
    running = undefined
    resolve?.(result)
  }

  function end(reason: EnvironmentEnd): void {
    if (phase === 'ended') return
    const phaseBefore = phase
    phase = 'ended'
    void worker.terminate()
    clearTimeout(timer)
    if (phaseBefore === 'init') ready.resolve(reason)
    else if (running) settle({ kind: 'end', end: reason })
    else onLost(reason)
  }

  return {
    ready: ready.promise,
    run,
    terminate(reason = { kind: 'exit', exitCode: 0 }) {
      end(reason)
      return exited.promise
    },
  }
}

function endOfError(error: unknown): EnvironmentEnd {
  if (!(error instanceof Error)) {
    return { kind: 'error', error: { errorType: typeof error, errorMessage: String(error), trace: [] } }
  }
  if ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') return { kind: 'outOfMemory' }
  return {
    kind: 'error',
    error: { errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') ?? [] },
  }
}
