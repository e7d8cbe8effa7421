import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type Bridge,
  type Device,
  functionResource,
  patchedAssembly,
  standBefore,
  startBridge,
  startTestUpstream,
  type TestUpstream,
  untraced,
} from './harness/index.ts'

/**
 * Stands before the real api bundle and crashes as a file says, in Lambda's hands (`before`) or in the middle of the chain, when the
 * claim is taken and the upstream is about to be asked (`inside`).
 */
const CRASHING_BUNDLE = `
import { readFileSync } from 'node:fs'
const { handler: real } = await import('./real.mjs')
const mode = () => readFileSync(process.env.LAMBDA_TASK_ROOT + '/mode', 'utf8')
const KINDS = {
  throw() { throw new Error('deliberate') },
  hang: () => new Promise((resolve) => setTimeout(resolve, 60_000)),
  loop() { for (;;) {} },
  hog() { const kept = []; for (;;) kept.push(new Array(10_000).fill(kept.length)) },
  exit: () => process.exit(3),
}
const crash = (place) => {
  const [wanted, kind] = mode().split(' ')
  return wanted === place ? KINDS[kind]() : undefined
}
const { fetch } = globalThis
// not inside fetch: what is thrown there becomes upstream_unreachable
const { timeout } = AbortSignal
AbortSignal.timeout = (ms) => {
  if (mode() !== 'inside hang') crash('inside')
  return timeout.call(AbortSignal, ms)
}
globalThis.fetch = async (...args) => {
  await crash('inside')
  return fetch(...args)
}
export const handler = async (event, context) => {
  await crash('before')
  return real(event, context)
}
`

const OWN_TOPIC = 'jamey/responses/jamey-instance-1'
let upstream: TestUpstream
let assembly: Awaited<ReturnType<typeof patchedAssembly>>
let bundleFolder: string
let bridge: Bridge
let device: Device
beforeAll(async () => {
  upstream = await startTestUpstream()
  assembly = await patchedAssembly(
    (template) => {
      const { Properties } = functionResource(template, 'api')
      Properties.Timeout = 4 // two and a half are kept of it for the answer
      Properties.MemorySize = 128
    },
    {
      api(folder) {
        bundleFolder = folder
        standBefore(folder, CRASHING_BUNDLE)
        writeFileSync(join(folder, 'mode'), 'none')
      },
    },
  )
  bridge = await startBridge({ assemblyFolder: assembly.folder, parameters: { ApiUpstreamUrl: upstream.url } })
  device = await bridge.connect()
})
afterAll(async () => {
  await device?.[Symbol.asyncDispose]()
  await bridge?.[Symbol.asyncDispose]()
  await upstream?.[Symbol.asyncDispose]()
  assembly?.[Symbol.dispose]()
})

test.each([
  ['inside throw', 'handler_failed', 'deliberate'],
  ['before throw', 'handler_failed', 'deliberate'],
  ['inside hang', 'handler_timed_out', undefined],
  ['before hang', 'handler_timed_out', 'Task timed out'],
  ['inside loop', 'handler_timed_out', 'Task timed out'],
  ['inside hog', 'handler_out_of_memory', 'signal: killed'],
  ['before hog', 'handler_out_of_memory', 'signal: killed'],
  ['inside exit', 'handler_failed', 'exit status 3'],
])('a handler with "%s" is told as %s, kept in the dead-letter queue, and repeatable', async (mode, code, words) => {
  writeFileSync(join(bundleFolder, 'mode'), mode)
  const correlationId = randomUUID()
  const payload = { method: 'GET', path: `/public/${correlationId}` }
  const failed = await device.request('jamey/api/requests', payload, { correlation_id: correlationId })

  expect(failed.topic).toBe(OWN_TOPIC)
  expect(failed.envelope).toMatchObject({
    payload: { code, component: 'api', severity: 'critical' },
    metadata: { status: 'error', correlation_id: correlationId, client_id: 'jamey-instance-1' },
  })
  expect(failed.text).not.toContain('deliberate')
  await bridge.runtime.idle()
  const entry = await bridge.log.functions.take('line', ({ message }) => message === 'request_failed')
  expect(entry).toMatchObject({ function: 'publisher', code, client_id: 'jamey-instance-1', told: true })
  const [dead, ...more] = await bridge.queued('-dlq-api')
  expect(more).toEqual([])
  const event = dead?.body as { payload: string; topic: string } | undefined
  expect(event?.topic).toBe('jamey/api/requests')
  expect(Buffer.from(event?.payload ?? '', 'base64').toString('utf8')).toContain(correlationId)
  expect(dead?.attributes).toMatchObject({ RequestID: entry.request_id, ErrorCode: '200' })
  if (words !== undefined) expect(dead?.attributes.ErrorMessage).toContain(words)

  writeFileSync(join(bundleFolder, 'mode'), 'none')
  const again = await device.request('jamey/api/requests', payload, { correlation_id: correlationId })
  expect(again.envelope).toMatchObject({ payload: { status: 200 }, metadata: { status: 'ok' } })
  const replayed = await device.request('jamey/api/requests', payload, { correlation_id: correlationId })
  expect(untraced(replayed)).toBe(untraced(again))
  expect(upstream.calls.all.filter(({ path }) => path === payload.path)).toHaveLength(1)
})

test('a message that no function understands and that crashes is told without a correlation id', async () => {
  writeFileSync(join(bundleFolder, 'mode'), 'before exit')
  await device.publish('jamey/api/requests', 'no envelope')
  const failed = await device.messages.take('reply', ({ envelope }) => envelope.metadata.status === 'error')
  writeFileSync(join(bundleFolder, 'mode'), 'none')

  expect(failed.envelope).toMatchObject({
    payload: { code: 'handler_failed' },
    metadata: { correlation_id: null, in_reply_to: null },
  })
})
