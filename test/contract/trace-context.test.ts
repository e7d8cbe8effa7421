import { expect, test } from 'vitest'
import { createEnvelope, traceIdOf, traceIdOfUuid, traceparentOf } from '#contract/index.ts'

const MESSAGE_ID = '0B9F1F0E-7c3f-4f7e-8a53-0f0a4e2d7c11'
const TRACE_ID = '0b9f1f0e7c3f4f7e8a530f0a4e2d7c11'

test('a message is a span of its trace, and says so in the words of the W3C', () => {
  const traceparent = traceparentOf(TRACE_ID, MESSAGE_ID)
  expect(traceparent).toBe(`00-${TRACE_ID}-0b9f1f0e7c3f4f7e-01`)
  expect(traceIdOf(traceparent)).toBe(TRACE_ID)
  expect(traceIdOfUuid(MESSAGE_ID)).toBe(TRACE_ID)
})

test.each([
  ['no text', 7],
  ['nothing', undefined],
  ['free text', 'the first message'],
  ['a trace id of zeros', `00-${'0'.repeat(32)}-0b9f1f0e7c3f4f7e-01`],
  ['a span id of zeros', `00-${TRACE_ID}-${'0'.repeat(16)}-01`],
  ['the version that is forbidden', `ff-${TRACE_ID}-0b9f1f0e7c3f4f7e-01`],
  ['capitals', `00-${TRACE_ID.toUpperCase()}-0b9f1f0e7c3f4f7e-01`],
  ['more than belongs there', `00-${TRACE_ID}-0b9f1f0e7c3f4f7e-01x`],
])('%s is no traceparent', (_, text) => {
  expect(traceIdOf(text)).toBeUndefined()
})

test('of a later version what is known of this one counts', () => {
  expect(traceIdOf(`01-${TRACE_ID}-0b9f1f0e7c3f4f7e-01-what-is-new`)).toBe(TRACE_ID)
})

test('only a UUID begins a trace', () => {
  expect(traceIdOfUuid('trace-1')).toBeUndefined()
  expect(traceIdOfUuid(undefined)).toBeUndefined()
})

test('an envelope carries it in its metadata, and keeps the one that it was given', () => {
  const message = { topic: 'jamey/events/status', payload: null }
  const source = { messageId: MESSAGE_ID, nowMs: 0, traceId: TRACE_ID }
  expect(createEnvelope(message, source).metadata.traceparent).toBe(traceparentOf(TRACE_ID, MESSAGE_ID))
  const given = { ...message, metadata: { traceparent: 'given' } }
  expect(createEnvelope(given, source).metadata.traceparent).toBe('given')
  expect(createEnvelope(message, { messageId: MESSAGE_ID, nowMs: 0 }).metadata).not.toHaveProperty('traceparent')
})
