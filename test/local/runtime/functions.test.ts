import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { expect, onTestFinished, test } from 'vitest'
import type { RuntimeOptions } from '#local/index.ts'
import { createFakeClock } from '../state/fake-clock.ts'
import { RESOURCES, start, writeAssembly } from './set-up.ts'

const Payload = new TextEncoder().encode('{}')

/** Hands one event to a function with this source. */
async function startWithEvent(source: string, options: Partial<RuntimeOptions>) {
  const { runtime, client } = await start(writeAssembly({ Resources: RESOURCES }, { echo: source }), options)
  const lambda = new LambdaClient(client)
  onTestFinished(() => lambda.destroy())
  await lambda.send(new InvokeCommand({ FunctionName: 'echo', InvocationType: 'Event', Payload }))
  return runtime
}

test('a runtime may hand every event over twice, for tests of idempotency', async () => {
  const runtime = await startWithEvent('export const handler = async () => 1', { duplicateEvents: true })

  await runtime.idle()

  expect(runtime.functionStats().echo).toMatchObject({ asyncEventsReceived: 1, invocations: 2 })
})

test('retries come by the clock that the runtime is given', async () => {
  const functionClock = createFakeClock()
  const source = "export const handler = async () => { throw new Error('always') }"
  const runtime = await startWithEvent(source, { functionClock })

  for (const delayMs of [60_000, 120_000]) {
    await functionClock.scheduled(delayMs)
    functionClock.advance(delayMs)
  }
  await runtime.idle()

  expect(runtime.functionStats().echo).toMatchObject({ asyncEventsDropped: 1, invocations: 3 })
})
