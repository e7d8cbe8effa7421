import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { announceBridge, type Bridge, type Device, runHere, startBridge, temporaryFolder } from './harness/index.ts'

const TOPIC = 'jamey/conscience/evaluate'
const state = temporaryFolder()
let bridge: Bridge
let device: Device
beforeAll(async () => {
  bridge = await startBridge()
  announceBridge(bridge, state.path)
  device = await bridge.connect()
})
afterAll(async () => {
  await device?.[Symbol.asyncDispose]()
  await bridge?.[Symbol.asyncDispose]()
  state[Symbol.dispose]()
})

const trace = (...args: string[]) => runHere(['trace', ...args, '--state', state.path])

async function ask() {
  const messageId = randomUUID()
  const traceparent = `00-${messageId.replaceAll('-', '')}-${'1'.repeat(16)}-01`
  await device.request(
    TOPIC,
    { action: 'help', context: 'a secret' },
    { traceparent, reply_to: 'jamey/responses/jamey-instance-1' },
  )
  await bridge.runtime.idle()
  return messageId
}

test('the latest message is shown step by step; by its id, too', async () => {
  const messageId = await ask()
  const last = await trace()
  expect(last.exitCode).toBe(0)
  expect(last.stdout).toContain(messageId.replaceAll('-', ''))
  expect(last.stdout).toMatch(/publish +jamey-instance-1 +ok .*allowed: iot:Publish/)
  expect(last.stdout).toMatch(/invoke +mqtt-cloud-bridge-dev-conscience +ok/)
  expect(last.stdout).not.toContain('a secret')
  expect((await trace(messageId)).stdout).toBe(last.stdout)
})

test('of another client there is nothing, and of an unknown id neither', async () => {
  expect(await trace('--client', 'lamp-9')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('trace_unknown'),
  })
  expect(await trace(randomUUID())).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('trace_unknown') })
  expect(await trace('lamp-9')).toMatchObject({ exitCode: 2 })
  expect(await trace(randomUUID(), '--last')).toMatchObject({ exitCode: 2 })
})

test('a list has a line for each message, as JSON with all of its steps', async () => {
  await ask()
  const { stdout } = await trace('--list', '--limit', '1', '--client', 'jamey-instance-1', '--json')
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([{ topic: TOPIC, outcome: 'ok', dropped: 0 }])
  expect((await trace('--list')).stdout).toContain(TOPIC)
})
