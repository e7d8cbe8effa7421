import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DEFAULT_STAGE, deadLetterQueueName } from '#contract/index.ts'
import {
  announceBridge,
  type Bridge,
  type Device,
  envelopeOf,
  patchedAssembly,
  ROOT,
  runHere,
  standBefore,
  startBridge,
  temporaryFolder,
} from './harness/index.ts'

/** Stands before the real events bundle and fails while a file says so. */
const FAILING_BUNDLE = `
import { readFileSync } from 'node:fs'
const { handler: real } = await import('./real.mjs')
export const handler = async (event, context) => {
  if (readFileSync(process.env.LAMBDA_TASK_ROOT + '/mode', 'utf8') === 'fail') throw new Error('deliberate')
  return real(event, context)
}
`

const state = temporaryFolder()
let assembly: Awaited<ReturnType<typeof patchedAssembly>>
let setMode: (mode: 'fail' | 'work') => void
let bridge: Bridge
let device: Device
beforeAll(async () => {
  assembly = await patchedAssembly(
    ({ Resources }) => {
      for (const [id, { Type, Properties }] of Object.entries(Resources)) {
        // fails at once: its repeats would come after minutes
        if (Type === 'AWS::Lambda::EventInvokeConfig') Properties.MaximumRetryAttempts = 0
        // the rule may not invoke the function
        if (Type === 'AWS::Lambda::Permission' && id.includes('memorystore')) Properties.SourceAccount = '999999999999'
      }
    },
    {
      events(folder) {
        setMode = (mode) => writeFileSync(join(folder, 'mode'), mode)
        standBefore(folder, FAILING_BUNDLE)
        setMode('fail')
      },
    },
  )
  bridge = await startBridge({ assemblyFolder: assembly.folder })
  announceBridge(bridge, state.path)
  device = await bridge.connect()
})
afterAll(async () => {
  await device?.[Symbol.asyncDispose]()
  await bridge?.[Symbol.asyncDispose]()
  assembly?.[Symbol.dispose]()
  state[Symbol.dispose]()
})

async function dlq(...args: string[]) {
  const result = await runHere(['dlq', ...args, '--json', '--state', state.path])
  const lines = result.stdout.split('\n').filter(Boolean)
  return { ...result, rows: lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
}
const waiting = async () =>
  Object.fromEntries((await dlq('list')).rows.map(({ queue, waiting: count }) => [queue, count]))

test('every dead-letter queue of the stack is listed', async () => {
  const depths = await waiting()
  expect(Object.keys(depths)).toEqual(
    expect.arrayContaining(['api', 'conscience', 'events', 'memory', 'publisher', 'ruleErrors']),
  )
  expect(new Set(Object.values(depths))).toEqual(new Set([0]))
  expect((await dlq('show')).rows).toEqual([])
})

test('an event that failed is shown without its content, shown again, redriven and handled', async () => {
  const message = randomUUID()
  const topic = `${ROOT}/events/status`
  await device.publish(topic, JSON.stringify(envelopeOf(topic, { status: 'online', message, component: 'test' })))
  await bridge.runtime.idle()
  expect(await waiting()).toMatchObject({ events: 1 })

  const shown = await dlq('show', 'events')
  expect(shown.rows).toEqual([
    {
      queue: 'events',
      message_id: expect.any(String),
      kind: 'event',
      sent_at: expect.any(String),
      code: 'handler_failed',
      client_id: 'jamey-instance-1',
      topic: `${ROOT}/events/status`,
      request_id: expect.any(String),
      redrive_to: 'mqtt-cloud-bridge-dev-events',
      redriven: 'runs',
    },
  ])
  expect(shown.stdout).not.toContain(message)
  const [withPayload] = (await dlq('show', 'events', '--payload')).rows
  expect(withPayload).toMatchObject({ payload: expect.stringContaining(message), error_text: 'deliberate' })

  const dry = await dlq('redrive', 'events', '--all', '--dry-run')
  expect(dry).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('1 would be redriven') })
  expect(await waiting()).toMatchObject({ events: 1 })

  // fails again, and comes back once
  expect((await dlq('redrive', 'events', '--all')).stderr).toContain('1 redriven, 0 failed')
  await bridge.runtime.idle()
  expect(await waiting()).toMatchObject({ events: 1 })

  setMode('work')
  const redriven = await dlq('redrive', '--all')
  expect(redriven.rows).toMatchObject([{ queue: 'events', result: 'redriven' }])
  expect(redriven.stderr).toContain('events: 1 runs')
  await bridge.runtime.idle()
  expect(await waiting()).toMatchObject({ events: 0 })
})

test('a request that its rule could give to no function is answered once it is redriven', async () => {
  const correlationId = randomUUID()
  const memory = { content: 'the kettle is hot', layer: 'short_term', tags: [] }
  const answered = device.request(`${ROOT}/memory/store`, memory, { correlation_id: correlationId })
  await bridge.runtime.idle()
  const other = randomUUID()
  const late = { payload: '', topic: `${ROOT}/memory/store`, client_id: 'jamey-instance-1', received_at_ms: 0 }
  await sendTo('memory', JSON.stringify(late), { RequestID: other })

  const [letter] = (await dlq('show', 'ruleErrors')).rows
  expect(letter).toMatchObject({ kind: 'ruleError', client_id: 'jamey-instance-1', redriven: 'runs' })
  const id = String(letter?.message_id).slice(0, 8)
  expect((await dlq('redrive', 'ruleErrors', id)).exitCode).toBe(0)

  expect((await answered).envelope).toMatchObject({
    payload: { content: memory.content },
    metadata: { status: 'ok', correlation_id: correlationId },
  })
  expect(await waiting()).toMatchObject({ ruleErrors: 0, memory: 1 })

  // beforehand: it is sent, and nobody is answered
  const { stderr } = await dlq('redrive', 'memory', '--all')
  expect(stderr).toMatch(/memory: 1 past its deadline: never answered[\s\S]*1 redriven/)
  await bridge.runtime.idle()
  expect(await waiting()).toMatchObject({ memory: 0 })
})

test('what cannot be sent back stays, and what is not there is said', async () => {
  await sendTo('api', 'no JSON')
  expect(await dlq('redrive', 'api', '--all')).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining('0 redriven, 0 failed, 1 kept'),
    rows: [{ kind: 'unknown', result: 'kept', reason: expect.any(String) }],
  })
  expect(await waiting()).toMatchObject({ api: 1 })

  const failures: [string[], number, string][] = [
    [['redrive', 'api', 'ffffffff-0000'], 1, 'message_unknown'],
    [['redrive', 'api', 'abc'], 2, 'message_id_short'],
    [['redrive', 'api'], 2, 'message_missing'],
    [['redrive', 'api', 'abcdef', '--all'], 2, 'invalid_option'],
    [['show', 'nobody'], 2, 'queue_unknown'],
    [['show', '--limit', '0'], 2, 'invalid_option'],
  ]
  for (const [args, exitCode, code] of failures) {
    expect(await dlq(...args)).toMatchObject({ exitCode, stderr: expect.stringContaining(`${code}: `) })
  }
})

test('a message whose function is gone is kept and told', async () => {
  const missing = 'arn:aws:lambda:us-east-1:123456789012:function:gone'
  await sendTo('events', JSON.stringify({}), { TARGET_ARN: missing, ERROR_CODE: 'NO_RESOURCE' })

  const result = await dlq('redrive', 'events', '--all')
  expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('redrive_failed: ') })
  expect(result.rows).toMatchObject([{ result: 'failed', error: 'ResourceNotFoundException' }])
  expect(await waiting()).toMatchObject({ events: 1 })
})

async function sendTo(label: string, MessageBody: string, attributes: Record<string, string> = {}): Promise<void> {
  const QueueName = deadLetterQueueName(DEFAULT_STAGE, label)
  const { QueueUrl } = await bridge.sqs.send(new GetQueueUrlCommand({ QueueName }))
  const MessageAttributes = Object.fromEntries(
    Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
  )
  await bridge.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageAttributes }))
}
