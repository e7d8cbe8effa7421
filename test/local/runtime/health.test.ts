import { expect, test } from 'vitest'
import { createHealth, healthRoute, type Probe } from '../../../local/runtime/health.ts'

const ok: Probe = () => ({ state: 'ok', reason: 'works' })
const degraded: Probe = () => ({ state: 'degraded', reason: 'slow' })
const down: Probe = () => Promise.reject(new Error('is gone'))
const request = { method: 'GET', path: '/health', query: new URLSearchParams(), headers: {}, body: Buffer.alloc(0) }

async function answerWith(probes: Record<string, Probe>) {
  const health = createHealth({ nowMs: () => 0 })
  health.watch(probes)
  const { status, body } = await healthRoute(health).handle(request)
  return { status, report: JSON.parse(String(body)) as Record<string, unknown> }
}

test.each([
  ['starting', 503, {}],
  ['ok', 200, { one: ok }],
  ['degraded', 200, { one: ok, two: degraded }],
  ['down', 503, { one: ok, two: degraded, three: down }],
] as const)('is %s with status %d', async (status, code, probes) => {
  expect(await answerWith(probes)).toMatchObject({ status: code, report: { status } })
})

test('a probe that throws is a part that is down, with its reason; the others are told as they are', async () => {
  const { report } = await answerWith({ one: down, two: ok })

  expect(report.parts).toEqual([
    { part: 'one', state: 'down', reason: 'is gone' },
    { part: 'two', state: 'ok', reason: 'works' },
  ])
})

test('error lines of functions are kept as names and codes, the latest first, and twenty of them', async () => {
  const health = createHealth({ nowMs: () => 0 })
  const line = (fields: unknown) => health.onLogLine({ functionName: 'f', text: JSON.stringify(fields) })
  for (let index = 0; index < 30; index++) line({ level: 'ERROR', message: 'early', code: 'c' })
  line({ level: 'ERROR', message: 'quotes what "somebody" sent', code: 7, payload: 'secret' })
  line({ level: 'WARN', message: 'warned' })
  health.onLogLine({ functionName: 'f', text: '{ no JSON' })

  const { last_errors: errors } = await health.report()
  expect(errors).toHaveLength(20)
  expect(errors.slice(0, 2)).toEqual([
    { at: '1970-01-01T00:00:00.000Z', function: 'f', event: 'error', code: null },
    { at: '1970-01-01T00:00:00.000Z', function: 'f', event: 'early', code: 'c' },
  ])
})
