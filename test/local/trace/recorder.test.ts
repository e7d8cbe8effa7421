import { expect, test } from 'vitest'
import type { Hop } from '#local/index.ts'
import { createTraceRecorder } from '../../../local/trace/index.ts'

const A = 'a'.repeat(32)
const B = 'b'.repeat(32)
const hop = (traceId: string, atMs: number, more: Partial<Hop> = {}): Hop => {
  return { traceId, kind: 'publish', atMs, outcome: 'ok', subject: 'lamp-1', clientId: 'lamp-1', ...more }
}

test('steps come by their time, although one is recorded when it ends', () => {
  const recorder = createTraceRecorder()
  recorder.record(hop(A, 20, { kind: 'rule' }))
  recorder.record(hop(A, 10, { topic: 'jamey/a', durationMs: 50 }))
  expect(recorder.find(A)).toMatchObject({ startedAtMs: 10, endedAtMs: 60, topic: 'jamey/a', outcome: 'ok' })
  expect(recorder.find(A)?.hops.map(({ kind }) => kind)).toEqual(['publish', 'rule'])
})

test('the outcome is the worst of all steps, but a call that was refused need not have harmed', () => {
  const recorder = createTraceRecorder()
  recorder.record(hop(A, 1, { kind: 'call', outcome: 'failed' }))
  expect(recorder.find(A)?.outcome).toBe('ok')
  recorder.record(hop(A, 2, { outcome: 'refused' }))
  expect(recorder.find(A)?.outcome).toBe('refused')
  recorder.record(hop(A, 3, { kind: 'invoke', outcome: 'failed' }))
  expect(recorder.find(A)?.outcome).toBe('failed')
})

test('the oldest traces make room, and a trace that goes on is not old', () => {
  const recorder = createTraceRecorder({ traces: 2, hopsPerTrace: 10 })
  recorder.record(hop(A, 1))
  recorder.record(hop(B, 2))
  recorder.record(hop(A, 3))
  recorder.record(hop('c'.repeat(32), 4))
  expect(recorder.list().map(({ traceId }) => traceId[0])).toEqual(['c', 'a'])
})

test('a trace keeps so many steps, and says how many it did not', () => {
  const recorder = createTraceRecorder({ traces: 2, hopsPerTrace: 2 })
  for (const atMs of [1, 2, 3, 4]) recorder.record(hop(A, atMs))
  expect(recorder.find(A)).toMatchObject({ dropped: 2, hops: [{ atMs: 1 }, { atMs: 2 }] })
})

test('what the broker names otherwise is found under both ids', () => {
  const recorder = createTraceRecorder()
  recorder.record(hop(A, 1))
  recorder.link(B, A)
  recorder.record(hop(B, 2))
  expect(recorder.find(B)).toEqual(recorder.find(A))
  expect(recorder.find(A)?.hops).toHaveLength(2)
})

test('listing takes the newest, and of one client its own', () => {
  const recorder = createTraceRecorder()
  recorder.record(hop(A, 1))
  recorder.record(hop(B, 2, { clientId: 'lamp-2' }))
  expect(recorder.list({ limit: 1 }).map(({ traceId }) => traceId)).toEqual([B])
  expect(recorder.list({ clientId: 'lamp-1' }).map(({ traceId }) => traceId)).toEqual([A])
})

test('who listens is told of each step until it has enough', () => {
  const recorder = createTraceRecorder()
  const heard: number[] = []
  const stop = recorder.listen(({ atMs }) => heard.push(atMs))
  recorder.record(hop(A, 1))
  stop()
  recorder.record(hop(A, 2))
  expect(heard).toEqual([1])
})
