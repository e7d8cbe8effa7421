import { expect, onTestFinished, test } from 'vitest'
import { functionOf, setUp } from './set-up.ts'

/** Answers its version, after the gate of this name was opened. */
const gated = (version: string) => `export const handler = (event) => new Promise((resolve) => {
  const gate = new BroadcastChannel('gate')
  gate.onmessage = () => { gate.close(); resolve('${version}') }
  console.log('waiting ${version}')
})`
const answers = (version: string) => `export const handler = async () => '${version}'`

function openableGate() {
  const gate = new BroadcastChannel('gate')
  onTestFinished(() => gate.close())
  return () => gate.postMessage('open')
}

/** A service whose function `echo` is gated, and a promise of its being at the gate. */
function setUpGated(options: Parameters<typeof setUp>[0] = {}) {
  const atGate = Promise.withResolvers<void>()
  const service = setUp({ ...options, onLine: ({ text }) => text.includes('waiting one') && atGate.resolve() })
  service.service.define(functionOf(gated('one')))
  service.service.start()
  return { ...service, atGate: atGate.promise, open: openableGate() }
}

test('what runs ends in its old environment, what comes after runs by the new definition', async () => {
  const { service, atGate, open } = setUpGated()
  const old = service.codePaths()
  const running = service.invoke('echo', {})
  await atGate

  service.redefine(functionOf(answers('two')))
  expect(await service.invoke('echo', {})).toMatchObject({ payload: 'two' })
  expect(service.codePaths()).toEqual(expect.arrayContaining(old))

  open()
  expect(await running).toMatchObject({ payload: 'one' })
  expect(service.stats().echo).toMatchObject({ invocations: 2, running: 0, coldStarts: 2 })
})

test('what waits for an environment is run by the new definition', async () => {
  const { service, atGate, open } = setUpGated({ maxWorkersPerFunction: 1 })
  const running = service.invoke('echo', {})
  await atGate
  const waiting = service.invoke('echo', {})

  service.redefine(functionOf(answers('two')))
  expect(await waiting).toMatchObject({ payload: 'two' })
  open()
  expect(await running).toMatchObject({ payload: 'one' })
})

test('queued events go on with the new code, each once, with the settings they had', async () => {
  const { service, atGate, open, delivered } = setUpGated({ maxWorkersPerFunction: 1 })
  service.configureAsync('echo', { maximumRetryAttempts: 0, onSuccessArn: 'arn:aws:sqs:eu-west-1:123456789012:done' })
  for (const n of [1, 2, 3]) await service.invokeAsync('echo', { n })
  await atGate

  service.redefine(functionOf(answers('two'), { timeoutSeconds: 6 }))
  open()
  await service.idle()

  expect(delivered.map(({ body }) => body)).toMatchObject([
    { requestPayload: { n: 1 }, responsePayload: 'one' },
    { requestPayload: { n: 2 }, responsePayload: 'two' },
    { requestPayload: { n: 3 }, responsePayload: 'two' },
  ])
  expect(service.stats().echo).toMatchObject({ invocations: 3, queued: 0 })
})

test('the environments of the old definition are gone when nothing runs in them', async () => {
  const { service } = setUp()
  const first = functionOf(answers('one'))
  service.define(first)
  await service.invoke('echo', {})
  expect(service.stats().echo).toMatchObject({ workers: 1 })

  const second = functionOf(answers('two'))
  service.redefine(second)
  await expect.poll(() => service.codePaths()).toEqual([second.codePath])
  expect(service.stats().echo).toMatchObject({ workers: 0, coldStarts: 1 })
})

test('a definition that Lambda would not create changes nothing', async () => {
  const { service } = setUp()
  service.define(functionOf(answers('one')))

  expect(() => service.redefine(functionOf(answers('two'), { memoryMb: 1 }))).toThrow('memoryMb')
  expect(() => service.redefine(functionOf(answers('two'), { functionName: 'other' }))).toThrow('Function not found')
  expect(await service.invoke('echo', {})).toMatchObject({ payload: 'one' })
})

test('a function that is removed ends what runs; its queued events wait for the next one of its name', async () => {
  const { service, atGate, open, delivered } = setUpGated({ maxWorkersPerFunction: 1 })
  for (const n of [1, 2]) await service.invokeAsync('echo', { n })
  await atGate

  service.remove('echo')
  await expect(service.invoke('echo', {})).rejects.toMatchObject({ code: 'ResourceNotFoundException' })
  service.define(functionOf(answers('two')))
  service.configureAsync('echo', { onSuccessArn: 'arn:aws:sqs:eu-west-1:123456789012:done' })
  open()
  await service.idle()

  expect(delivered.map(({ body }) => body)).toMatchObject([{ requestPayload: { n: 2 }, responsePayload: 'two' }])
  expect(service.stats().echo).toMatchObject({ queued: 0, invocations: 1 })
})
