/** The ids seen last, up to a number: the oldest gives way. */
export interface RecentIds {
  has(id: string): boolean
  add(id: string): void
}

export function createRecentIds(capacity: number): RecentIds {
  const ids = new Set<string>()
  // in the order in which they came, the oldest at `next`; a Set would be searched for it past all that were deleted
  const ring: string[] = []
  let next = 0
  return {
    has: (id) => ids.has(id),
    add(id) {
      if (capacity === 0 || ids.has(id)) return
      const oldest = ring[next]
      if (oldest !== undefined) ids.delete(oldest)
      ids.add(id)
      ring[next] = id
      next = (next + 1) % capacity
    },
  }
}
