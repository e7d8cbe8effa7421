import { expect, test } from 'vitest'
import { createPacketIds } from '../../../device/outbox/packet-ids.ts'

test('no identifier is given out twice while it is in use, past the end of their range too', () => {
  const ids = createPacketIds()
  const first = ids.allocate()
  for (let count = 1; count < 65_535; count++) ids.allocate()

  expect(first).toBe(1)
  expect(ids.allocate()).toBeUndefined()
  ids.free(40_000)
  expect(ids.allocate()).toBe(40_000)
  ids.free(7)
  ids.free(3)
  expect([ids.allocate(), ids.allocate(), ids.allocate()].sort()).toEqual([3, 7, undefined])
})

test('what waited on a lost connection is free again, what was not confirmed is not', () => {
  const ids = createPacketIds()
  const kept = [ids.allocate(), ids.allocate()]
  ids.allocate()

  ids.keepOnly(new Set(kept))
  const later = Array.from({ length: 65_533 }, () => ids.allocate())

  expect(later).toContain(3)
  expect(later).not.toContain(1)
  expect(ids.allocate()).toBeUndefined()
})
