import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRecorder } from '../../../cli/simulate/statistics.ts'

test('begins with nothing', () => {
  expect(createRecorder().read()).toEqual({
    sent: 0,
    answered: 0,
    refused: {},
    late: 0,
    lost: 0,
    open: 0,
    p50Ms: undefined,
    p99Ms: undefined,
    maxMs: undefined,
  })
})

test('puts every request that was sent into exactly one count', () => {
  const outcome = fc.constantFrom('answered', 'refused', 'lost', 'late', 'open')
  fc.assert(
    fc.property(fc.array(outcome, { maxLength: 50 }), (outcomes) => {
      const recorder = createRecorder()
      for (const one of outcomes) {
        recorder.sent()
        if (one === 'answered') recorder.answered(1)
        if (one === 'refused') recorder.refused('path_forbidden')
        if (one === 'lost' || one === 'late') recorder.timedOut()
        if (one === 'late') recorder.late()
      }
      const { sent, answered, refused, late, lost, open } = recorder.read()
      const count = (name: string) => outcomes.filter((one) => one === name).length

      expect({ sent, answered, refused: refused.path_forbidden ?? 0, late, lost, open }).toEqual({
        sent: outcomes.length,
        answered: count('answered'),
        refused: count('refused'),
        late: count('late'),
        lost: count('lost'),
        open: count('open'),
      })
    }),
  )
})

test('counts refusals by their code', () => {
  const recorder = createRecorder()
  for (const code of ['path_forbidden', 'deadline_exceeded', 'path_forbidden']) recorder.refused(code)

  expect(recorder.read().refused).toEqual({ deadline_exceeded: 1, path_forbidden: 2 })
})

test('has percentiles to three digits, and the slowest exactly', () => {
  const durationMs = fc.double({ min: 0.01, max: 60_000, noNaN: true })
  fc.assert(
    fc.property(fc.array(durationMs, { minLength: 1, maxLength: 200 }), (durationsMs) => {
      const recorder = createRecorder()
      for (const one of durationsMs) recorder.answered(one)
      const { p50Ms = 0, p99Ms = 0, maxMs = 0 } = recorder.read()
      const sorted = durationsMs.toSorted((one, other) => one - other)
      const nearestRank = (part: number) => sorted[Math.ceil(sorted.length * part) - 1] ?? 0

      expect(Math.abs(p50Ms / nearestRank(0.5) - 1)).toBeLessThan(0.06)
      expect(Math.abs(p99Ms / nearestRank(0.99) - 1)).toBeLessThan(0.06)
      expect(maxMs).toBeGreaterThanOrEqual(p99Ms)
      expect(p99Ms).toBeGreaterThanOrEqual(p50Ms)
    }),
  )
})
