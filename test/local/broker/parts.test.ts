import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createKeepAlive, grantKeepAliveSeconds } from '../../../local/broker/keep-alive.ts'
import { DEFAULT_LIMITS } from '../../../local/broker/limits.ts'
import { createDeliveryQueue } from '../../../local/broker/sessions/delivery-queue.ts'
import { createDeliveryWindow } from '../../../local/broker/sessions/delivery-window.ts'
import { createPacketFramer, type FramingFault } from '../../../local/broker/wire/packet-framer.ts'
import { createFakeClock } from './fake-clock.ts'

describe('delivery window', () => {
  test('closes at its maximum and opens again when one is settled', () => {
    const window = createDeliveryWindow<string>(2)
    const first = window.add('a')
    window.add('b')
    expect(window.open).toBe(false)

    expect(window.settle(first)).toBe('a')
    expect(window.open).toBe(true)
    expect(window.unsettled()).toEqual(['b'])
  })

  test('skips identifiers that are in flight when it wraps around', () => {
    const window = createDeliveryWindow<number>(10)
    const kept = window.add(0)
    for (let count = 1; count < 65_535; count += 1) window.settle(window.add(count))

    expect(kept).toBe(1)
    expect(window.add(1)).toBe(2)
  })

  test('knows nothing of an identifier that was not handed out', () => {
    expect(createDeliveryWindow<string>(1).settle(7)).toBeUndefined()
  })
})

describe('delivery queue', () => {
  test('keeps the order of any series of operations', () => {
    const operations = fc.array(fc.oneof(fc.constant('shift'), fc.constant('push'), fc.constant('putBack')))
    fc.assert(
      fc.property(operations, (names) => {
        const queue = createDeliveryQueue<number>()
        const model: number[] = []
        for (const [value, name] of names.entries()) {
          if (name === 'push') {
            queue.push(value)
            model.push(value)
          } else if (name === 'putBack') {
            queue.putBack([value, value + 1])
            model.unshift(value, value + 1)
          } else {
            expect(queue.shift()).toBe(model.shift())
          }
          expect(queue.length).toBe(model.length)
          expect(queue.peek()).toBe(model[0])
        }
      }),
    )
  })

  test('keeps its items when it cuts off taken slots', () => {
    const queue = createDeliveryQueue<number>(Array.from({ length: 3_000 }, (_, index) => index))
    for (let index = 0; index < 2_999; index += 1) expect(queue.shift()).toBe(index)

    expect(queue.length).toBe(1)
    expect(queue.peek()).toBe(2_999)
  })
})

describe('keep-alive', () => {
  test.each([
    [0, 1_200],
    [1, 30],
    [30, 30],
    [600, 600],
    [1_201, 1_200],
  ])('grants %i s as %i s', (asked, granted) => {
    expect(grantKeepAliveSeconds(asked, DEFAULT_LIMITS)).toBe(granted)
  })

  test('notices silence that is counted from the last packet', () => {
    const clock = createFakeClock()
    let silent = 0
    const keepAlive = createKeepAlive({ silenceMs: 45_000, clock, onSilence: () => (silent += 1) })
    clock.advance(44_000)
    keepAlive.heard()
    clock.advance(44_999)
    expect(silent).toBe(0)

    clock.advance(1)
    expect(silent).toBe(1)
    expect(clock.scheduledCount).toBe(0)
  })
})

describe('packet framer', () => {
  function collect(maxPacketBytes = 1_000) {
    const frames: string[] = []
    const faults: FramingFault[] = []
    let accepting = true
    const framer = createPacketFramer({
      maxPacketBytes,
      accepting: () => accepting && faults.length === 0,
      onFrame: (frame) => frames.push(frame.toString('hex')),
      onFault: (fault) => faults.push(fault),
    })
    return { frames, faults, framer, accept: (value: boolean) => (accepting = value) }
  }

  test('cuts the same packets from any chunks', () => {
    const packet = fc.uint8Array({ maxLength: 300 }).map((body) => {
      const length = body.length < 128 ? [body.length] : [(body.length % 128) | 0x80, Math.floor(body.length / 128)]
      return Buffer.from([0x30, ...length, ...body])
    })
    fc.assert(
      fc.property(fc.array(packet), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (packets, sizes) => {
        const { frames, framer } = collect()
        const bytes = Buffer.concat(packets)
        for (let offset = 0, turn = 0; offset < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1
          framer.push(bytes.subarray(offset, offset + size))
          offset += size
        }
        expect(frames).toEqual(packets.map((one) => one.toString('hex')))
      }),
    )
  })

  test('hands out nothing while it may not, and goes on afterwards', () => {
    const { frames, framer, accept } = collect()
    accept(false)
    framer.push(Buffer.from([0xc0, 0, 0xc0, 0]))
    expect(frames).toEqual([])

    accept(true)
    framer.proceed()
    expect(frames).toEqual(['c000', 'c000'])
  })

  test('refuses a packet by its length, before its body has arrived', () => {
    const { faults, framer } = collect(100)
    framer.push(Buffer.from([0x30, 99]))

    expect(faults).toEqual([{ kind: 'tooLarge', reason: 'a packet takes at most 100 bytes, got 101' }])
  })

  test('refuses a length of five bytes', () => {
    const { faults, framer } = collect()
    framer.push(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01]))

    expect(faults).toEqual([{ kind: 'malformed', reason: 'the remaining length takes at most 4 bytes' }])
  })
})
