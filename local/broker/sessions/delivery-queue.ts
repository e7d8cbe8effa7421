/** First in, first out, with constant cost at both ends however long it grows. */
export type DeliveryQueue<Item> = {
  readonly length: number
  peek(): Item | undefined
  push(item: Item): void
  shift(): Item | undefined
  /** Puts items before all others, in their order. */
  putBack(items: readonly Item[]): void
  /** Takes out all items, oldest first. */
  takeAll(): Item[]
}

/** Taken slots are cut off once there are this many, and as many as waiting items. */
const COMPACT_AT = 1_024

export function createDeliveryQueue<Item>(initial: readonly Item[] = []): DeliveryQueue<Item> {
  let items = [...initial]
  let head = 0

  return {
    get length() {
      return items.length - head
    },
    peek: () => items[head],
    push(item) {
      items.push(item)
    },
    shift() {
      const item = items[head]
      if (item === undefined) return undefined
      head += 1
      if (head === items.length || (head >= COMPACT_AT && head * 2 >= items.length)) {
        items = items.slice(head)
        head = 0
      }
      return item
    },
    putBack(returned) {
      items = [...returned, ...items.slice(head)]
      head = 0
    },
    takeAll() {
      const all = items.slice(head)
      items = []
      head = 0
      return all
    },
  }
}
