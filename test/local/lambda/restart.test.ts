import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openState } from '#local/state/index.ts'
import { arnOf, functionOf, setUp, temporaryFolder, writeBundle } from './set-up.ts'

const HANGS = `export const handler = async () => {
  process.stdout.write('working\\n')
  await new Promise((resolve) => setTimeout(resolve, 60_000))
}`
const ANSWERS = 'export const handler = async (event, context) => context.awsRequestId'

test('a runtime killed in the middle of an attempt leaves it to the next one, with the same request id and count', async () => {
  const file = join(temporaryFolder(), 'state.db')
  const program = fileURLToPath(new URL('./runtime-to-kill.ts', import.meta.url))
  const bundle = writeBundle({ 'index.mjs': HANGS })
  const child = spawn(process.execPath, [program, file, bundle], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(child.stdout, 'data')
  const requestId = String(line).trim()
  child.kill('SIGKILL')
  await once(child, 'exit')

  const { service, delivered } = setUp({ state: openState({ file }) })
  service.define(functionOf(ANSWERS))
  service.configureAsync('echo', { onSuccessArn: arnOf('publisher') })
  service.start()
  await service.idle()

  expect(delivered.map(({ body }) => body)).toMatchObject([
    {
      requestContext: { requestId, condition: 'Success', approximateInvokeCount: 1 },
      requestPayload: { from: 'the killed runtime' },
      responsePayload: requestId,
    },
  ])
})

test('a runtime that is closed leaves what was running to the next one', async () => {
  const file = join(temporaryFolder(), 'state.db')
  const working = Promise.withResolvers<string | undefined>()
  const before = setUp({
    state: openState({ file }),
    onLine: ({ text, requestId }) => void (text === 'working' && working.resolve(requestId)),
  })
  before.service.define(functionOf(HANGS))
  before.service.start()
  const { requestId } = await before.service.invokeAsync('echo', {})
  expect(await working.promise).toBe(requestId)
  await before.service.close()
  before.state.close()

  const { service, lines } = setUp({ state: openState({ file }) })
  service.define(functionOf(ANSWERS))
  service.start()
  await service.idle()

  expect(lines[0]).toMatchObject({ requestId, text: `START RequestId: ${requestId} Version: $LATEST` })
  expect(service.stats().echo).toMatchObject({ invocations: 1, errors: 0, queued: 0 })
})

test('a runtime that is closed with more waiting than can run ends, and leaves all of it to the next one', async () => {
  const file = join(temporaryFolder(), 'state.db')
  const working = Promise.withResolvers<void>()
  const before = setUp({
    state: openState({ file }),
    onLine: ({ text }) => void (text === 'working' && working.resolve()),
  })
  before.service.define({ ...functionOf(HANGS), reservedConcurrency: 1 })
  before.service.start()
  for (let count = 0; count < 5; count++) await before.service.invokeAsync('echo', {})
  await working.promise
  await before.service.close()
  before.state.close()

  const { service } = setUp({ state: openState({ file }) })
  service.define(functionOf(ANSWERS))
  service.start()
  await service.idle()

  expect(service.stats().echo).toMatchObject({ invocations: 5, errors: 0, queued: 0 })
})
