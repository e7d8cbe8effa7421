/** Those who listen to one thing. */
export interface Listeners<Value> {
  size(): number
  add(listener: (value: Value) => void): () => void
  /** What a listener throws reaches neither the others nor the caller. */
  call(value: Value): void
}

export function createListeners<Value>(onFailure: (error: unknown) => void): Listeners<Value> {
  const listeners = new Set<(value: Value) => void>()
  return {
    size() {
      return listeners.size
    },
    add(listener) {
      // one function may be added twice
      const own = (value: Value) => listener(value)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    call(value) {
      for (const listener of listeners) {
        try {
          listener(value)
        } catch (error) {
          onFailure(error)
        }
      }
    },
  }
}

/** As an event target does it: an error that nobody is told of is one of the process. */
export function reportError(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
