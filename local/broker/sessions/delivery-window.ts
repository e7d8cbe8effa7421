const MAX_PACKET_ID = 65_535

/**
 * The QoS 1 deliveries that a client has not acknowledged yet, each under its packet identifier. Invariant: never more
 * than `maxInFlight` of them, and no identifier twice. OASIS MQTT 5.0, 4.9
 */
export type DeliveryWindow<Item> = {
  /** Tells whether one more may be sent. */
  readonly open: boolean
  /** Takes in an item and returns its packet identifier, 1 to 65,535. Only while open. */
  add(item: Item): number
  /** Takes out the item that was acknowledged; undefined for an identifier that is not in flight. */
  settle(packetId: number): Item | undefined
  /** Takes out what fulfils a condition, in the order it was sent. */
  settleWhere(condition: (item: Item) => boolean): Item[]
  /** What is in flight, in the order it was sent. */
  unsettled(): Item[]
}

export function createDeliveryWindow<Item>(maxInFlight: number): DeliveryWindow<Item> {
  const inFlight = new Map<number, Item>()
  let lastId = 0

  return {
    get open() {
      return inFlight.size < maxInFlight
    },
    add(item) {
      do lastId = lastId === MAX_PACKET_ID ? 1 : lastId + 1
      while (inFlight.has(lastId))
      inFlight.set(lastId, item)
      return lastId
    },
    settle(packetId) {
      const item = inFlight.get(packetId)
      inFlight.delete(packetId)
      return item
    },
    settleWhere(condition) {
      const settled: Item[] = []
      for (const [packetId, item] of inFlight) {
        if (!condition(item)) continue
        inFlight.delete(packetId)
        settled.push(item)
      }
      return settled
    },
    unsettled: () => [...inFlight.values()],
  }
}
