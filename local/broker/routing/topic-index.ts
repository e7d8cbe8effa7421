/**
 * Subscriptions by topic filter. Finding the subscribers of a topic costs in proportion to the topic's levels and
 * to the subscribers found, not to the number of subscriptions.
 */
export type TopicIndex<Subscriber, Details> = {
  /** Adds a subscription or replaces its details. `filter` is legal and not shared. */
  add(filter: string, subscriber: Subscriber, details: Details): void
  remove(filter: string, subscriber: Subscriber): void
  /**
   * Calls `visit` once for each subscription whose filter matches; a subscriber with several is visited several times.
   * As on AWS IoT Core `a/#` does not match `a`; a leading wildcard matches no topic that starts with `$`.
   */
  match(topic: string, visit: (subscriber: Subscriber, details: Details) => void): void
}

type Node<Subscriber, Details> = {
  children: Map<string, Node<Subscriber, Details>>
  subscriptions: Map<Subscriber, Details>
}

export function createTopicIndex<Subscriber, Details>(): TopicIndex<Subscriber, Details> {
  type IndexNode = Node<Subscriber, Details>
  const root = createNode<Subscriber, Details>()

  function visitLevel(
    node: IndexNode,
    levels: readonly string[],
    depth: number,
    visit: (subscriber: Subscriber, details: Details) => void,
  ): void {
    const level = levels[depth]
    if (level === undefined) {
      for (const [subscriber, details] of node.subscriptions) visit(subscriber, details)
      return
    }
    const exact = node.children.get(level)
    if (exact) visitLevel(exact, levels, depth + 1, visit)
    if (depth === 0 && level.startsWith('$')) return
    const any = node.children.get('+')
    if (any) visitLevel(any, levels, depth + 1, visit)
    const rest = node.children.get('#')
    if (rest) for (const [subscriber, details] of rest.subscriptions) visit(subscriber, details)
  }

  return {
    add(filter, subscriber, details) {
      let node = root
      for (const level of filter.split('/')) {
        let child = node.children.get(level)
        if (!child) {
          child = createNode()
          node.children.set(level, child)
        }
        node = child
      }
      node.subscriptions.set(subscriber, details)
    },
    remove(filter, subscriber) {
      const levels = filter.split('/')
      const path: IndexNode[] = [root]
      for (const level of levels) {
        const child = path.at(-1)?.children.get(level)
        if (!child) return
        path.push(child)
      }
      path.at(-1)?.subscriptions.delete(subscriber)
      for (let depth = levels.length; depth > 0; depth -= 1) {
        const node = path[depth]
        if (!node || node.subscriptions.size > 0 || node.children.size > 0) return
        path[depth - 1]?.children.delete(levels[depth - 1] ?? '')
      }
    },
    match(topic, visit) {
      visitLevel(root, topic.split('/'), 0, visit)
    },
  }
}

function createNode<Subscriber, Details>(): Node<Subscriber, Details> {
  return { children: new Map(), subscriptions: new Map() }
}
