import { expect, test } from 'vitest'
import { traceIdOfJson } from '../../../local/trace/index.ts'

const TRACE = 'a'.repeat(32)
const TRACEPARENT = `00-${TRACE}-${'1'.repeat(16)}-01`
const BROKER = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb'

test.each([
  ['the event of a rule', { payload: 'e30=', broker_trace_id: BROKER, traceparent: TRACEPARENT }],
  ['the record of a destination', { requestPayload: { traceparent: TRACEPARENT }, responsePayload: {} }],
  ['a command to the publisher', { publish: [{ envelope: { metadata: { traceparent: TRACEPARENT } } }] }],
  [
    'the input of a durable execution',
    { Operations: [{ InputPayload: JSON.stringify({ request: { trace_id: TRACE } }) }] },
  ],
  [
    'a record of a queue',
    { Records: [{ body: JSON.stringify({ body: JSON.stringify({ traceparent: TRACEPARENT }) }) }] },
  ],
])('%s names its trace', (_, event) => {
  expect(traceIdOfJson(JSON.stringify(event))).toBe(TRACE)
})

test('without a word of the sender it is the id of the broker, and for an authorizer that of the connection', () => {
  expect(traceIdOfJson(JSON.stringify({ broker_trace_id: BROKER }))).toBe(BROKER.replaceAll('-', ''))
  const event = { protocolData: {}, connectionMetadata: { id: BROKER } }
  expect(traceIdOfJson(JSON.stringify(event))).toBe(BROKER.replaceAll('-', ''))
})

test.each([
  ['nothing', {}],
  ['what is none', { traceparent: '00-0-0-00', trace_id: 'mine', broker_trace_id: 'trace-1' }],
])('%s names no trace', (_, event) => {
  expect(traceIdOfJson(JSON.stringify(event))).toBeUndefined()
})
