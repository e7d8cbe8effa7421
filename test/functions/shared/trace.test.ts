import { expect, test } from 'vitest'
import { traceIdOf } from '#contract/index.ts'
import { ruleEvent, sentEnvelope } from '../../fixtures/rule-event.ts'
import { createChain, EVALUATE, onlyMessage } from './chain.ts'

const PROPERTY = `00-${'a'.repeat(32)}-${'1'.repeat(16)}-01`
const METADATA = `00-${'b'.repeat(32)}-${'1'.repeat(16)}-01`
const BROKER = 'cccccccc-cccc-4ccc-8ccc-cccccccccccc'

/** The trace that the reply to a request belongs to. */
async function traceOf(metadata: object, facts: object) {
  const outcome = await createChain().invoke(ruleEvent(sentEnvelope(EVALUATE, { metadata }), facts))
  return traceIdOf(onlyMessage(outcome).envelope.metadata.traceparent)
}

test('a reply stays in the trace of its request: by user property, else by envelope, else by the id of the broker', async () => {
  const facts = { broker_trace_id: BROKER }
  expect(await traceOf({ traceparent: METADATA }, { ...facts, traceparent: PROPERTY })).toBe('a'.repeat(32))
  expect(await traceOf({ traceparent: METADATA }, facts)).toBe('b'.repeat(32))
  expect(await traceOf({}, facts)).toBe(BROKER.replaceAll('-', ''))
})

test('what is no traceparent harms nothing', async () => {
  const facts = { broker_trace_id: BROKER, traceparent: 'of my own' }
  expect(await traceOf({ traceparent: 7 }, facts)).toBe(BROKER.replaceAll('-', ''))
})

test('a refusal stays in the trace too', async () => {
  const event = { ...ruleEvent('no envelope'), broker_trace_id: BROKER, traceparent: PROPERTY }
  const { envelope } = onlyMessage(await createChain().invoke(event))
  expect(traceIdOf(envelope.metadata.traceparent)).toBe('a'.repeat(32))
})
