import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  announceBridge,
  type Bridge,
  functionResource,
  patchedAssembly,
  runHere,
  startBridge,
  temporaryFolder,
} from './harness/index.ts'

const state = temporaryFolder()
let assembly: Awaited<ReturnType<typeof patchedAssembly>>
let bridge: Bridge
beforeAll(async () => {
  assembly = await patchedAssembly((template) => {
    functionResource(template, 'presence').Properties.Environment.Variables.PRESENCE_GRACE_SECONDS = '1'
  })
  bridge = await startBridge({ assemblyFolder: assembly.folder })
  announceBridge(bridge, state.path)
})
afterAll(async () => {
  await bridge?.[Symbol.asyncDispose]()
  assembly?.[Symbol.dispose]()
  state[Symbol.dispose]()
})

/** What the functions have said of a client since the last question. */
const said = (clientId: string, event: string) =>
  bridge.log.functions.take(
    event,
    (entry) => entry.message === 'presence' && entry.client_id === clientId && entry.event === event,
  )

async function device(...args: string[]) {
  const { stdout, stderr } = await runHere(['device', ...args, '--json', '--state', state.path])
  expect(stderr).toBe('')
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}
const presenceOf = async (name: string) => (await device('list')).find((one) => one.client_id === name)?.presence

test('a device that connects, renews its connection and goes is followed, without a word of the renewal', async () => {
  expect(await presenceOf('jamey-instance-1')).toBe(null)
  const first = await bridge.connect()
  await said('jamey-instance-1', 'connected')
  expect(await presenceOf('jamey-instance-1')).toBe('connected')

  // takes over, as a renewal does
  const second = await bridge.connect()
  await said('jamey-instance-1', 'connected')
  await said('jamey-instance-1', 'disconnected')
  await first[Symbol.asyncDispose]()
  const [shown] = await device('show', 'jamey-instance-1')
  expect(shown?.presence).toMatchObject({ state: 'connected', announced: 'connected' })

  await second[Symbol.asyncDispose]()
  await said('jamey-instance-1', 'disconnected')
  expect(await presenceOf('jamey-instance-1')).toBe('connected')
  await said('jamey-instance-1', 'gone')
  expect(await presenceOf('jamey-instance-1')).toBe('disconnected')
  const [gone] = await device('show', 'jamey-instance-1')
  expect(gone?.presence).toMatchObject({ state: 'disconnected', disconnect_reason: 'CLIENT_INITIATED_DISCONNECT' })
})
