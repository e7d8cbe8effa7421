import { createColors } from 'picocolors'
import { expect, test } from 'vitest'
import type { Trace } from '#local/index.ts'
import { readTraceId } from '../../../cli/trace/trace-argument.ts'
import { waterfall } from '../../../cli/trace/waterfall.ts'

const TRACE_ID = '0b9f1f0e7c3f4f7e8a530f0a4e2d7c11'
const pipe = { isPerson: false, colors: createColors(false), result() {}, note() {} }
const TRACE: Trace = {
  traceId: TRACE_ID,
  startedAtMs: Date.parse('2026-11-21T12:00:00Z'),
  endedAtMs: Date.parse('2026-11-21T12:00:00.100Z'),
  clientIds: ['lamp-1'],
  topic: 'jamey/conscience/evaluate',
  outcome: 'failed',
  dropped: 2,
  hops: [
    {
      ...{ traceId: TRACE_ID, kind: 'publish', atMs: Date.parse('2026-11-21T12:00:00Z'), outcome: 'ok' },
      ...{ subject: 'lamp-1', reason: 'allowed', facts: { qos: 1, connection: 'c'.repeat(32) } },
    },
    {
      ...{ traceId: TRACE_ID, kind: 'invoke', atMs: Date.parse('2026-11-21T12:00:00.050Z'), durationMs: 50 },
      ...{ outcome: 'failed', subject: 'conscience', reason: 'Sandbox.Timedout', facts: { cold: true, initMs: 30 } },
    },
  ],
}

test('a trace is a line a step, with its time, its place in the whole, and its decision', () => {
  expect(waterfall(TRACE, pipe)).toEqual([
    `trace      ${TRACE_ID}`,
    'topic      jamey/conscience/evaluate',
    'clients    lamp-1',
    'outcome    failed',
    'time       2026-11-21T12:00:00.000Z, 100.0 ms',
    `connection npx bridge trace ${'c'.repeat(32)}`,
    '',
    '     0.0 ms  █·······················  publish  lamp-1      ok        qos=1  allowed',
    '    50.0 ms  ············████████████  invoke   conscience  failed    50.0 ms cold start 30.0 ms  Sandbox.Timedout',
    '2 further steps were not kept',
  ])
})

test.each([
  ['a trace id', TRACE_ID],
  ['a message id', '0b9f1f0e-7c3f-4f7e-8a53-0f0a4e2d7c11'],
  ['a traceparent', `00-${TRACE_ID}-0b9f1f0e7c3f4f7e-01`],
])('%s says which trace', (_, text) => {
  expect(readTraceId(text)).toBe(TRACE_ID)
})

test('anything else is told', () => {
  expect(() => readTraceId('lamp-1')).toThrow(/expected a trace id/)
})
