/** How many callbacks go to one host and port at the same time: a slow receiver takes nothing from the others. */
export interface OriginSlots {
  /** Calls `start` when there is room. Every `start` ends with one `release`. */
  acquire(origin: string, start: () => void): void
  release(origin: string): void
}

interface Origin {
  running: number
  waiting: (() => void)[]
}

export function createOriginSlots(perOrigin: number): OriginSlots {
  const origins = new Map<string, Origin>()
  return {
    acquire(name, start) {
      let origin = origins.get(name)
      if (!origin) {
        origin = { running: 0, waiting: [] }
        origins.set(name, origin)
      }
      if (origin.running >= perOrigin) {
        origin.waiting.push(start)
        return
      }
      origin.running += 1
      start()
    },
    release(name) {
      const origin = origins.get(name)
      if (!origin) return
      const next = origin.waiting.shift()
      if (next) next()
      else origin.running -= 1
      if (origin.running === 0) origins.delete(name)
    },
  }
}
