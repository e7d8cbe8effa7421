import type { Clock } from '../timing/clock.ts'

/** One message on its way through one handler. */
export interface LaneItem {
  readonly qos: 0 | 1
  /** Calls the handler. */
  run(): unknown
  /** It is in the lane's hands. */
  accepted(): void
  succeeded(): void
  failed(error: unknown): void
  /** It was dropped: QoS 0, and the lane is full. */
  overflowed(): void
}

/** The messages of one handler. What happens in it stops nobody else. */
export interface Lane {
  offer(item: LaneItem): void
  /** What waits is not handled any more. */
  stop(): void
}

/** A handler that keeps the processor busy lets others in after this. */
const SLICE_MS = 10

export function createLane(clock: Clock, options: { concurrency: number; maxWaiting: number }): Lane {
  const { concurrency, maxWaiting } = options
  let waiting: LaneItem[] = []
  /** QoS 1 beyond the limit: not accepted, so that the broker keeps it. */
  let held: LaneItem[] = []
  let running = 0
  let sliceBeganMs = Number.NEGATIVE_INFINITY
  let isStopped = false

  function next(): void {
    while (running < concurrency && waiting.length > 0 && !isStopped) {
      if (running === 0 && isSliceOver()) {
        sliceBeganMs = Number.POSITIVE_INFINITY
        clock.after(0, () => {
          sliceBeganMs = clock.monotonicMs()
          next()
        })
        return
      }
      const item = waiting.shift()
      if (item) void run(item)
      const moved = held.shift()
      if (moved) take(moved)
    }
    if (waiting.length === 0) sliceBeganMs = Number.NEGATIVE_INFINITY
  }

  /** Positive infinity: a pause has been asked for already. */
  function isSliceOver(): boolean {
    if (sliceBeganMs === Number.NEGATIVE_INFINITY) sliceBeganMs = clock.monotonicMs()
    return sliceBeganMs !== Number.POSITIVE_INFINITY && clock.monotonicMs() - sliceBeganMs > SLICE_MS
  }

  async function run(item: LaneItem): Promise<void> {
    running += 1
    try {
      await item.run()
      item.succeeded()
    } catch (error) {
      item.failed(error)
    }
    running -= 1
    next()
  }

  function take(item: LaneItem): void {
    waiting.push(item)
    item.accepted()
  }

  return {
    offer(item) {
      if (isStopped) return
      if (waiting.length < maxWaiting || (running < concurrency && waiting.length === 0)) take(item)
      else if (item.qos === 1) held.push(item)
      else item.overflowed()
      next()
    },
    stop() {
      isStopped = true
      waiting = []
      held = []
    },
  }
}
