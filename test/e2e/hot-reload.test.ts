import { afterAll, beforeAll, expect, test } from 'vitest'
import { ALL_PERMISSIONS, issueToken } from '../../cli/issue-token.ts'
import { connectDevice, type Device, readIssuerKey } from './harness/index.ts'
import { copyProject, type ProjectCopy, startWatching, type WatchingBridge } from './harness/project-copy.ts'

const HANDLER = 'functions/conscience/handler.ts'
const ANSWER = 'return { action, '
const REQUEST = ['jamey/conscience/evaluate', { action: 'ask', context: 'test' }] as const

let project: ProjectCopy
let bridge: WatchingBridge
let device: Device
let isLost = false
beforeAll(async () => {
  project = await copyProject()
  // work that takes a while, so that requests wait in the queue of the function
  project.edit(HANDLER, ANSWER, `await new Promise((done) => setTimeout(done, 100))\n${ANSWER}`)
  bridge = await startWatching(project)
  const { target } = bridge
  const password = issueToken(await readIssuerKey(target), {
    clientId: 'jamey-instance-1',
    permissions: ALL_PERMISSIONS,
  })
  device = await connectDevice(target.mqttUrl, target.caFile, {
    clientId: 'jamey-instance-1',
    password,
    subscribe: ['jamey/conscience/results'],
  })
  device.client.once('close', () => {
    isLost = true
  })
})
afterAll(async () => {
  await device?.[Symbol.asyncDispose]()
  await bridge?.[Symbol.asyncDispose]()
  project?.[Symbol.dispose]()
})

async function answer(): Promise<unknown> {
  const { envelope } = await device.request(...REQUEST)
  expect(envelope.metadata.status).toBe('ok')
  return (envelope.payload as { action: string }).action
}

test('an edited handler answers, and nothing that was sent meanwhile is lost', async () => {
  expect(await answer()).toBe('ask')
  const sent: Promise<unknown>[] = []
  let isReloaded = false
  project.edit(HANDLER, ANSWER, "return { action: 'edited ' + action, ")
  const reloaded = bridge.logged('reloaded').then((line) => {
    isReloaded = true
    return line
  })
  while (!isReloaded) {
    // more than the function has environments: some wait in its queue whenever it is replaced
    const burst = Array.from({ length: 12 }, answer)
    sent.push(...burst)
    await Promise.all(burst)
  }

  expect(await reloaded).toMatchObject({ level: 'info', updated: expect.stringContaining('conscience') })
  const answers = new Set(await Promise.all(sent))
  expect(answers).toContain('ask')
  // whether the last burst still met the exchange is the machine's business
  expect(['ask', 'edited ask']).toEqual(expect.arrayContaining([...answers]))
  expect(await answer()).toBe('edited ask')
  expect(isLost).toBe(false)
})

test('a handler that does not compile is told with its place, and the bridge goes on', async () => {
  project.edit(HANDLER, "return { action: 'edited", "return {{ action: 'edited")

  expect(await bridge.logged('reload_refused')).toMatchObject({
    level: 'error',
    place: expect.stringMatching(/^functions\/conscience\/handler\.ts:\d+:\d+$/),
    problem: expect.stringContaining('Expected'),
  })
  expect(await answer()).toBe('edited ask')
})

test('the next good change is taken', async () => {
  project.edit(HANDLER, "return {{ action: 'edited ' + action", "return { action: 'again ' + action")
  expect(await bridge.logged('reloaded')).toMatchObject({ updated: expect.stringContaining('conscience') })
  expect(await answer()).toBe('again ask')
})

test('an edited contract reaches every function, and back', async () => {
  const place = 'action: z.string().min(1)'
  const edited = `action: z.preprocess((text) => text + ' and more', z.string()) ?? z.string().min(1)`
  project.edit('contract/messages.ts', place, edited)
  const { updated } = await bridge.logged('reloaded')
  for (const name of ['authorizer', 'conscience', 'memory', 'publisher']) expect(updated).toContain(name)
  expect(await answer()).toBe('again ask and more')

  project.edit('contract/messages.ts', edited, place)
  await bridge.logged('reloaded')
  expect(await answer()).toBe('again ask')
  expect(isLost).toBe(false)
})

test('a contract that does not compile is told with its place', async () => {
  project.edit('contract/limits.ts', 'export const REQUEST_LIMITS = {', 'export const REQUEST_LIMITS = {{')
  expect(await bridge.logged('reload_refused')).toMatchObject({
    place: expect.stringMatching(/^contract\/limits\.ts:\d+/),
    problem: expect.stringContaining('SyntaxError'),
  })
})

test('what the runtime refuses changes nothing', async () => {
  project.edit('contract/limits.ts', 'export const REQUEST_LIMITS = {{', 'export const REQUEST_LIMITS = {')
  project.edit('lib/constructs/topic-routes.ts', 'sql: rule', "sql: 'SELECT FROM ' + rule")
  expect(await bridge.logged('reload_refused')).toMatchObject({
    problem: expect.stringMatching(/AWS::IoT::TopicRule could not be updated/),
  })
  expect(await answer()).toBe('again ask')
  expect(isLost).toBe(false)
})
