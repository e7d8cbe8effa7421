import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRecentIds } from '../../../device/delivery/recent-ids.ts'

test('knows the last ids, and no others', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 5 }),
      fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g')),
      (capacity, added) => {
        const recent = createRecentIds(capacity)
        let reference: string[] = []
        for (const id of added) {
          recent.add(id)
          if (!reference.includes(id))
            reference = [...reference, id].slice(capacity === 0 ? Number.MAX_SAFE_INTEGER : -capacity)
          for (const one of 'abcdefg') expect(recent.has(one)).toBe(reference.includes(one))
        }
      },
    ),
  )
})
