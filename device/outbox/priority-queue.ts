/** A queue in which a higher priority goes first, and within one priority what came first. */
export interface PriorityQueue<Item> {
  size(): number
  /** Undefined when it is empty. */
  lowestPriority(): number | undefined
  push(item: Item, priority: number): void
  /** The next item, which stays. */
  peek(): Item | undefined
  shift(): Item | undefined
  /** Takes out one item; false when it is not there. */
  remove(item: Item, priority: number): boolean
  /** Takes out the oldest item of the lowest priority. */
  dropLowest(): Item | undefined
  /** Takes out the item that came first of all. */
  dropOldest(): Item | undefined
  /** In the order in which they would go. */
  [Symbol.iterator](): Iterator<Item>
}

export function createPriorityQueue<Item>(): PriorityQueue<Item> {
  // for each priority its items, with the number of their arrival; highest priority first
  const lanes: { priority: number; items: Map<Item, number> }[] = []
  let size = 0
  let arrivals = 0

  function laneOf(priority: number): Map<Item, number> {
    const index = lanes.findIndex((lane) => lane.priority <= priority)
    const found = lanes[index]
    if (found?.priority === priority) return found.items
    const items = new Map<Item, number>()
    lanes.splice(index === -1 ? lanes.length : index, 0, { priority, items })
    return items
  }

  function take(items: Map<Item, number> | undefined, item: Item | undefined): Item | undefined {
    if (items === undefined || item === undefined) return undefined
    items.delete(item)
    size -= 1
    if (items.size === 0) {
      lanes.splice(
        lanes.findIndex((lane) => lane.items === items),
        1,
      )
    }
    return item
  }

  return {
    size() {
      return size
    },
    lowestPriority() {
      return lanes.at(-1)?.priority
    },
    push(item, priority) {
      laneOf(priority).set(item, arrivals)
      arrivals += 1
      size += 1
    },
    peek: () => first(lanes[0]?.items),
    shift: () => take(lanes[0]?.items, first(lanes[0]?.items)),
    remove(item, priority) {
      const lane = lanes.find((one) => one.priority === priority)
      return lane?.items.has(item) === true && take(lane.items, item) !== undefined
    },
    dropLowest: () => take(lanes.at(-1)?.items, first(lanes.at(-1)?.items)),
    dropOldest() {
      let oldest: { items: Map<Item, number>; arrival: number } | undefined
      for (const { items } of lanes) {
        for (const arrival of items.values()) {
          if (oldest === undefined || arrival < oldest.arrival) oldest = { items, arrival }
          break
        }
      }
      return take(oldest?.items, first(oldest?.items))
    },
    *[Symbol.iterator]() {
      for (const { items } of lanes) yield* items.keys()
    },
  }
}

function first<Item>(items: Map<Item, number> | undefined): Item | undefined {
  return items?.keys().next().value
}
