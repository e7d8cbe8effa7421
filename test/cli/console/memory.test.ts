import { expect, test } from 'vitest'
import { CAPTURE_LIMITS, createCapture } from '../../../cli/console/capture.ts'
import { createFeed, FEED_LIMITS } from '../../../cli/console/feed.ts'
import { createRates, PLOT_SECONDS } from '../../../cli/console/rates.ts'
import { createRing } from '../../../cli/console/ring.ts'
import type { FeedEvent } from '../../../cli/console/wire.ts'

const TRACE = 'a'.repeat(32)

function message(payload: string | Buffer, more: object = {}) {
  return {
    ...{ topic: 'jamey/events/status', qos: 1 as const, properties: {}, receivedAtMs: 0, retain: false },
    ...{ clientId: 'lamp-1', principalId: 'p', traceId: 'cccccccc-cccc-4ccc-8ccc-cccccccccccc' },
    ...{ origin: 'client' as const, sourceAddress: '', payload: Buffer.from(payload), ...more },
  }
}

test('a ring holds the latest, by number and by weight, and always one', () => {
  const ring = createRing<number>({ items: 3, weight: 10 })
  for (const item of [1, 2, 3, 4]) ring.push(item, 1)
  expect(ring.items()).toEqual([2, 3, 4])
  ring.push(5, 9)
  expect(ring.items()).toEqual([4, 5])
  ring.push(6, 99)
  expect(ring.items()).toEqual([6])
})

test('a row shows the payload of an envelope, and knows its trace and its request', () => {
  const capture = createCapture(() => 7)
  const metadata = { correlation_id: 'c-1', traceparent: `00-${TRACE}-${'1'.repeat(16)}-01` }
  capture.add(message(JSON.stringify({ message_id: 'm', payload: { level: 3 }, metadata })))
  expect(capture.rows(10)).toMatchObject([
    { id: 1, atMs: 7, traceId: TRACE, clientId: 'lamp-1', preview: '{"level":3}' },
  ])
  expect(capture.requestKeys()).toEqual(new Map([[TRACE, 'lamp-1#c-1']]))
})

test('what is no text, no JSON, or from the cloud is shown as what it is', () => {
  const capture = createCapture()
  capture.add(message(Buffer.from([0xff, 0xfe, 0x00])))
  capture.add(message('plain', { origin: 'cloud', clientId: 'n/a' }))
  const [binary, text] = capture.rows(10)
  expect(binary?.preview).toBe('3 bytes that are no text')
  expect(capture.find(1)?.payload).toEqual({ base64: '//4A' })
  expect(text).toMatchObject({ preview: 'plain', traceId: 'cccccccccccc4ccc8ccccccccccccccc' })
  expect(text).not.toHaveProperty('clientId')
  expect(capture.find(99)).toBeUndefined()
})

test('messages are bounded in memory, and large ones in bytes', () => {
  const capture = createCapture()
  for (let count = 0; count <= CAPTURE_LIMITS.messages; count += 1) capture.add(message('x'))
  expect(capture.rows(1_000_000)).toHaveLength(CAPTURE_LIMITS.messages)
  const large = Buffer.alloc(CAPTURE_LIMITS.bytes / 2)
  for (let count = 0; count < 3; count += 1) capture.add(message(large))
  expect(capture.rows(1_000_000).length).toBeLessThan(4)
})

test('a page is told of so many messages at once, and how many it was not', async () => {
  const capture = createCapture()
  const feed = createFeed(capture)
  const told = Promise.withResolvers<FeedEvent>()
  const stop = feed.listen(told.resolve)
  for (let count = 0; count < FEED_LIMITS.messages + 7; count += 1) capture.add(message('x'))
  feed.touched(TRACE)
  const event = await told.promise
  expect(event.messages).toHaveLength(FEED_LIMITS.messages)
  expect(event).toMatchObject({ skipped: 7, traces: [TRACE], refusals: [] })
  stop()
  expect(feed.pages).toBe(0)
})

test('rates are counted by the second and forgotten', () => {
  let nowMs = 1_000_000
  const rates = createRates(() => nowMs)
  for (let count = 0; count < 20; count += 1) rates.count('published', 'lamp-1')
  for (const durationMs of [1, 2, 3, 100]) rates.invoked('api', durationMs)
  expect(rates.ofClient('published', 'lamp-1')).toBe(2)
  expect([rates.percentile('api', 0.5), rates.percentile('api', 0.99), rates.percentile('other', 0.5)]).toEqual([
    2,
    100,
    undefined,
  ])
  expect(rates.series()).toMatchObject({ atSeconds: { length: PLOT_SECONDS } })
  expect([rates.series().published.at(-1), rates.series().p99Ms.at(-1)]).toEqual([20, 100])
  nowMs += 11_000
  expect(rates.ofClient('published', 'lamp-1')).toBe(0)
  nowMs += PLOT_SECONDS * 1_000
  expect(rates.series().published.some((count) => count > 0)).toBe(false)
})
