import { isBridgeError } from '#contract/index.ts'
import type { OperationOptions } from '../api/operations.ts'
import { contractError, type DeviceError, deviceError, isDeviceError } from '../errors/index.ts'
import type { Expiring } from '../timing/deadlines.ts'
import type { Parts } from './parts.ts'

/** How an operation is ended from inside. Only the first call counts. */
export interface Settle<Result> {
  resolve(result: Result): void
  reject(error: DeviceError): void
}

export interface OperationSettings<Result> extends OperationOptions {
  name: string
  /** Topic or filter, for the event `failed`. */
  subject: string
  defaultTimeoutMs: number
  /** What a call with `wait: false` resolves to, once `begin` has returned. */
  accepted?: Result
  /** Default: operation_timeout. */
  timeoutError?: (timeoutMs: number) => DeviceError
  /** Called when the wait ends by timeout, signal or `close`. */
  onGivenUp?: (why: 'timeout' | 'aborted' | 'closed') => void
}

/** What is thrown, as an error of the device client. */
export function asDeviceError(error: unknown): DeviceError {
  if (isDeviceError(error)) return error
  if (isBridgeError(error)) return contractError(error)
  throw error
}

/** One operation: it ends with its own answer, its timeout, its signal, or the bridge, whichever comes first. */
export function runOperation<Result>(
  parts: OperationParts,
  settings: OperationSettings<Result>,
  begin: (settle: Settle<Result>) => void,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const { signal } = settings
    if (!parts.open.operations) return reject(deviceError('closed'))
    if (signal?.aborted) return reject(abortedError(settings.name, signal))
    const operation = new Operation(parts, settings, resolve, reject)
    try {
      begin(operation)
    } catch (error) {
      operation.end()
      return reject(asDeviceError(error))
    }
    operation.wait()
  })
}

type OperationParts = Pick<Parts, 'deadlines' | 'open' | 'onEvent'>
type GivenUp = 'timeout' | 'aborted' | 'closed'

/** A class for the sake of its number: with methods on the prototype a publish makes one object here instead of seven functions. */
class Operation<Result> implements Settle<Result>, Expiring {
  dueMs = 0
  readonly #parts: OperationParts
  readonly #settings: OperationSettings<Result>
  readonly #resolve: (result: Result) => void
  readonly #reject: (error: DeviceError) => void
  #isOpen = true
  #isAccepted = false
  #stopListening: (() => void) | undefined

  constructor(
    parts: OperationParts,
    settings: OperationSettings<Result>,
    resolve: (result: Result) => void,
    reject: (error: DeviceError) => void,
  ) {
    this.#parts = parts
    this.#settings = settings
    this.#resolve = resolve
    this.#reject = reject
  }

  resolve(result: Result): void {
    if (this.end() && !this.#isAccepted) this.#resolve(result)
  }

  reject(error: DeviceError): void {
    if (!this.end()) return
    const { name, subject } = this.#settings
    if (this.#isAccepted) this.#parts.onEvent({ type: 'failed', operation: name, topic: subject, error })
    else this.#reject(error)
  }

  /** Called by `close`. */
  close(): void {
    this.#giveUp('closed', () => deviceError('closed'))
  }

  /** Called when its time is over. */
  expire(): void {
    const { name, timeoutError } = this.#settings
    const timeoutMs = this.#timeoutMs
    this.#giveUp(
      'timeout',
      () => timeoutError?.(timeoutMs) ?? deviceError('operation_timeout', { operation: name, timeoutMs }),
    )
  }

  /** After `begin`: from here on time counts. */
  wait(): void {
    if (!this.#isOpen) return
    const { wait = true, signal, name, accepted, defaultTimeoutMs } = this.#settings
    if (!wait) {
      this.#isAccepted = true
      this.#resolve(accepted as Result)
    }
    if (wait || this.#timeoutMs !== defaultTimeoutMs) this.#parts.deadlines.add(this.#timeoutMs, this)
    this.#parts.open.operations?.add(this)
    if (!signal) return
    const onAbort = () => this.#giveUp('aborted', () => abortedError(name, signal))
    signal.addEventListener('abort', onAbort)
    this.#stopListening = () => signal.removeEventListener('abort', onAbort)
  }

  /** Nothing more comes of it; false when that was so before. */
  end(): boolean {
    if (!this.#isOpen) return false
    this.#isOpen = false
    this.#parts.deadlines.remove(this.#timeoutMs, this)
    this.#parts.open.operations?.delete(this)
    this.#stopListening?.()
    return true
  }

  get #timeoutMs(): number {
    return this.#settings.timeoutMs ?? this.#settings.defaultTimeoutMs
  }

  #giveUp(why: GivenUp, makeError: () => DeviceError): void {
    if (!this.#isOpen) return
    this.#settings.onGivenUp?.(why)
    this.reject(makeError())
  }
}

function abortedError(operation: string, signal: AbortSignal): DeviceError {
  return deviceError('aborted', { operation }, { cause: signal.reason })
}
