import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  ANSWER,
  announceBridge,
  answerTo,
  type Bridge,
  connectAsked,
  questionTo,
  runHere,
  startBridge,
  temporaryFolder,
} from './harness/index.ts'

const QUESTION = '{"method":"GET","path":"/state"}'

const state = temporaryFolder()
let bridge: Bridge
beforeAll(async () => {
  bridge = await startBridge()
  announceBridge(bridge, state.path)
})
afterAll(async () => {
  await bridge?.[Symbol.asyncDispose]()
  state[Symbol.dispose]()
})

const command = (...args: string[]) => runHere([...args, '--state', state.path])

async function rows(...args: string[]): Promise<Record<string, unknown>[]> {
  const { stdout, exitCode } = await command(...args, '--json')
  expect(exitCode).toBe(0)
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('device request prints the answer of the device; again with its id it prints the same and asks nobody', async () => {
  await using lamp = await connectAsked(bridge, 'lamp-1')
  const id = randomUUID()
  const asked = command('device', 'request', 'lamp-1', QUESTION, '--correlation-id', id)
  const question = await questionTo(lamp)
  expect(question.envelope.metadata.correlation_id).toBe(id)
  await answerTo(lamp, question)

  const { exitCode, stdout } = await asked
  expect([exitCode, JSON.parse(stdout)]).toEqual([0, ANSWER])
  const again = await command('device', 'request', 'lamp-1', QUESTION, '--correlation-id', id)
  expect([again.exitCode, JSON.parse(again.stdout)]).toEqual([0, ANSWER])
  const [row] = await rows('requests', 'list', '--client', 'lamp-1')
  expect(row).toMatchObject({
    ...{ id: `lamp-1~${id}`, direction: 'to device', state: 'completed', attempts: 1 },
    topic: 'devices/{clientId}/requests',
  })
})

test('device request says why there is no answer, and ends with 1', async () => {
  await bridge.register({ client_id: 'lamp-away' })
  const away = await command('device', 'request', 'lamp-away', QUESTION)
  expect([away.exitCode, away.stdout]).toEqual([1, ''])
  expect(away.stderr).toMatch(/^device_offline: /)

  await using _silent = await connectAsked(bridge, 'lamp-silent')
  const late = await command('device', 'request', 'lamp-silent', QUESTION, '--timeout', '1')
  expect(late.exitCode).toBe(1)
  expect(late.stderr).toMatch(/^device_request_expired: /)
})

test('what was not waited for is found by requests show, and what a device asked is in the same list', async () => {
  await using lamp = await connectAsked(bridge, 'lamp-later')
  const { exitCode } = await command('device', 'request', 'lamp-later', QUESTION, '--async')
  expect(exitCode).toBe(0)
  const [pending] = await rows('requests', 'list', '--client', 'lamp-later', '--status', 'pending')
  await answerTo(lamp, await questionTo(lamp))
  await bridge.runtime.idle()

  const [shown] = await rows('requests', 'show', String(pending?.id))
  expect(shown).toMatchObject({ id: pending?.id, state: 'completed', client_id: 'lamp-later' })
  const correlation_id = randomUUID()
  await lamp.request('jamey/memory/query', { query: 'x' }, { correlation_id })
  expect(await rows('requests', 'list', '--client', 'lamp-later', '--status', 'completed')).toMatchObject([
    { id: `lamp-later#${correlation_id}`, direction: 'from device', topic: 'memory/query', attempts: 1 },
    { id: pending?.id },
  ])
})

test('workflow list and show tell where an execution stands, step by step', async () => {
  await using device = await bridge.connect()
  const { message_id } = await device.send('jamey/conscience/review', {
    action: 'Delete all data without consent',
    context: '',
  })
  await bridge.log.functions.take(
    'question',
    ({ message, asked_by }) => message === 'device_asked' && asked_by === 'durable',
  )

  const [execution] = await rows('workflow', 'list')
  expect(execution).toMatchObject({ workflow: 'review', status: 'RUNNING' })
  const { stdout } = await command('workflow', 'show', String(execution?.name))
  expect(stdout).toContain('ask operator')
  const [row] = await rows('requests', 'list', '--status', 'running')
  expect(row).toMatchObject({ id: `jamey-instance-1#${message_id}`, topic: 'conscience/review' })
})
