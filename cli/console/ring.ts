/** The latest items, bounded in number and in what they weigh together. */
export interface Ring<Item> {
  push(item: Item, weight?: number): void
  /** The oldest first. */
  items(): readonly Item[]
}

export function createRing<Item>(limits: { items: number; weight?: number }): Ring<Item> {
  const { items: maxItems, weight: maxWeight = Number.POSITIVE_INFINITY } = limits
  let kept: { item: Item; weight: number }[] = []
  let first = 0
  let whole = 0

  function dropFirst(): void {
    whole -= kept[first]?.weight ?? 0
    first += 1
    // taken off in bulk: the front of an array is dear
    if (first < maxItems) return
    kept = kept.slice(first)
    first = 0
  }

  return {
    push(item, weight = 0) {
      kept.push({ item, weight })
      whole += weight
      while (kept.length - first > maxItems || (whole > maxWeight && kept.length - first > 1)) dropFirst()
    },
    items: () => kept.slice(first).map(({ item }) => item),
  }
}
