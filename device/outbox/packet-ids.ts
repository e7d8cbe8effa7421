/** Packet identifiers, none of which is given out twice while it is in use, over connections too. OASIS MQTT 5.0, 2.2.1 */
export interface PacketIds {
  /** Undefined when all 65,535 are in use. */
  allocate(): number | undefined
  free(id: number): void
  /** Frees all that are not in this set: what waited for an answer on a connection that is gone. */
  keepOnly(ids: { has(id: number): boolean }): void
}

const LAST_ID = 0xffff

export function createPacketIds(): PacketIds {
  const inUse = new Set<number>()
  let last = 0
  return {
    allocate() {
      if (inUse.size === LAST_ID) return undefined
      do last = (last % LAST_ID) + 1
      while (inUse.has(last))
      inUse.add(last)
      return last
    },
    free: (id) => void inUse.delete(id),
    keepOnly(ids) {
      for (const id of inUse) if (!ids.has(id)) inUse.delete(id)
    },
  }
}
