import type { Clock } from './clock.ts'

/** Resolves after the time, or at once when the signal is aborted. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (delayMs <= 0 || signal.aborted) {
      resolve()
      return
    }
    const end = () => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.after(delayMs, end)
    signal.addEventListener('abort', end)
  })
}

/** A promise that is settled from outside, and knows whether it is. */
export interface Gate<Value> {
  readonly promise: Promise<Value>
  isOpen(): boolean
  open(value: Value): void
}

export function createGate<Value>(): Gate<Value> {
  const { promise, resolve } = Promise.withResolvers<Value>()
  let isOpen = false
  return {
    promise,
    isOpen() {
      return isOpen
    },
    open(value) {
      isOpen = true
      resolve(value)
    },
  }
}
