/**
 * One arrived message between the handlers and the broker: it is acknowledged when the last handler has let go of it, and comes again with
 * the next connection when one has failed it.
 */
export interface Delivery {
  /** A handler needs it no more. */
  release(): void
  /** A handler could not do it. */
  fail(): void
  /** The same message came again, on the same or another connection. */
  repeat(acknowledge: () => void): void
  /** True once it may be acknowledged. */
  isDone(): boolean
}

export function createDelivery(holders: number, onDone: () => void, onFailed: () => void): Delivery {
  let left = holders
  let hasFailed = false
  const acknowledges: (() => void)[] = []
  return {
    release() {
      left -= 1
      if (left > 0 || hasFailed) return
      onDone()
      for (const acknowledge of acknowledges) acknowledge()
    },
    fail() {
      if (hasFailed) return
      hasFailed = true
      onFailed()
    },
    repeat: (acknowledge) => void acknowledges.push(acknowledge),
    isDone() {
      return left <= 0 && !hasFailed
    },
  }
}
