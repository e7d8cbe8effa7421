import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPriorityQueue } from '../../../device/outbox/priority-queue.ts'

type Operation =
  | { kind: 'push'; priority: number }
  | { kind: 'shift' | 'dropLowest' | 'dropOldest' }
  | { kind: 'remove'; nth: number }

const operation = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('push' as const), priority: fc.integer({ min: 0, max: 4 }) }) },
  fc.record({ kind: fc.constantFrom('shift' as const, 'dropLowest' as const, 'dropOldest' as const) }),
  fc.record({ kind: fc.constant('remove' as const), nth: fc.nat(20) }),
)

interface Item {
  id: number
  priority: number
}

/** The same by sorting a list. */
function createReference() {
  let items: Item[] = []
  const take = (item: Item | undefined) => {
    items = items.filter((one) => one !== item)
    return item
  }
  const ordered = () => [...items].sort((a, b) => b.priority - a.priority || a.id - b.id)
  return {
    items: ordered,
    push: (item: Item) => void items.push(item),
    shift: () => take(ordered()[0]),
    dropLowest: () => take([...items].sort((a, b) => a.priority - b.priority || a.id - b.id)[0]),
    dropOldest: () => take([...items].sort((a, b) => a.id - b.id)[0]),
    remove: (item: Item) => take(items.find((one) => one === item)) !== undefined,
  }
}

test('does what sorting a list would do', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations: Operation[]) => {
      const queue = createPriorityQueue<Item>()
      const reference = createReference()
      const all: Item[] = []
      for (const one of operations) {
        if (one.kind === 'push') {
          const item = { id: all.length, priority: one.priority }
          all.push(item)
          queue.push(item, item.priority)
          reference.push(item)
        } else if (one.kind === 'remove') {
          const item = all[one.nth]
          if (item) expect(queue.remove(item, item.priority)).toBe(reference.remove(item))
        } else {
          expect(queue[one.kind]()).toBe(reference[one.kind]())
        }
        expect([...queue]).toEqual(reference.items())
        expect(queue.size()).toBe(reference.items().length)
        expect(queue.peek()).toBe(reference.items()[0])
        expect(queue.lowestPriority()).toBe(reference.items().at(-1)?.priority)
      }
    }),
  )
})
