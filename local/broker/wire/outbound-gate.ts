import type { Clock } from '../../state/index.ts'
import { createRateLimiter } from '../rates/rate-limiter.ts'

/** Lets bytes out in order, no faster than a rate; what is more waits here. */
export type OutboundGate = {
  readonly heldBytes: number
  write(bytes: Buffer): void
  /** Lets out at once what waits. */
  release(): void
  /** Forgets what waits. */
  close(): void
}

type GateOptions = {
  bytesPerSecond: number
  clock: Clock
  write: (bytes: Buffer) => void
  /** Nothing waits any more. */
  onEmpty: () => void
}

export function createOutboundGate({ bytesPerSecond, clock, write, onEmpty }: GateOptions): OutboundGate {
  const rate = createRateLimiter(bytesPerSecond, clock)
  let held: Buffer[] = []
  let heldBytes = 0
  let cancel: (() => void) | undefined

  function letOut(): void {
    cancel = undefined
    let count = 0
    for (; count < held.length && rate.waitMs() === 0; count += 1) {
      const bytes = held[count]
      if (bytes) pass(bytes)
    }
    held = held.slice(count)
    if (held.length > 0) cancel = clock.after(rate.waitMs(), letOut)
    else onEmpty()
  }

  function pass(bytes: Buffer): void {
    heldBytes -= bytes.length
    rate.spend(bytes.length)
    write(bytes)
  }

  function close(): void {
    cancel?.()
    cancel = undefined
    held = []
    heldBytes = 0
  }

  return {
    get heldBytes() {
      return heldBytes
    },
    write(bytes) {
      const waitMs = held.length > 0 ? 1 : rate.waitMs()
      heldBytes += bytes.length
      if (waitMs === 0) {
        pass(bytes)
        return
      }
      held.push(bytes)
      cancel ??= clock.after(waitMs, letOut)
    },
    release() {
      const all = held
      close()
      for (const bytes of all) write(bytes)
    },
    close,
  }
}
