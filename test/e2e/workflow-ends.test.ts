import { randomUUID } from 'node:crypto'
import { ListDurableExecutionsByFunctionCommand, StopDurableExecutionCommand } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type Bridge,
  type Device,
  functionResource,
  NAMES,
  patchedAssembly,
  standBefore,
  startBridge,
  type Template,
} from './harness/index.ts'

const TOPIC = 'jamey/conscience/review'
const EXPLODES = { action: 'explode', context: '' }
/** Laid before an operator, who is not there. */
const WAITS = { action: 'Delete all user data without consent', context: '' }
const HARMLESS = { action: 'Help a neighbour', context: '' }
const DELAY_SECONDS = 2

/** Stands before the workflow and has every execution fail that is asked to explode. */
const EXPLODING_BUNDLE = `
const { handler: real } = await import('./real.mjs')
export const handler = async (event, context) => {
  const { InputPayload = '' } = event.InitialExecutionState.Operations[0]?.ExecutionDetails ?? {}
  if (!InputPayload.includes('explode')) return real(event, context)
  return { Status: 'FAILED', Error: { ErrorType: 'Error', ErrorMessage: 'the secret of the payload' } }
}
`

const exploding = (patch: (template: Template) => void) =>
  patchedAssembly(
    (template) => {
      deadLetterQueue(template).DelaySeconds = DELAY_SECONDS
      patch(template)
    },
    {
      review(folder) {
        standBefore(folder, EXPLODING_BUNDLE)
      },
    },
  )

function deadLetterQueue(template: Template) {
  const queue = Object.values(template.Resources).find(({ Properties }) =>
    String(Properties.QueueName).endsWith('-dlq-review'),
  )
  if (!queue) throw new Error('the review has no dead-letter queue')
  return queue.Properties
}

let opened: AsyncDisposableStack
let bridge: Bridge
let device: Device
beforeAll(async () => {
  opened = new AsyncDisposableStack()
  const assembly = opened.use(await exploding(() => {}))
  bridge = opened.use(await startBridge({ assemblyFolder: assembly.folder }))
  device = opened.use(await bridge.connect())
})
afterAll(() => opened?.disposeAsync())

/** The reconciler's word on one end; `fromQueue` says by which of the two ways it came. */
const reconciled = (at: Bridge, fromQueue: boolean) =>
  at.log.functions.take(
    'word of the reconciler',
    ({ message, origin }) =>
      message === 'workflow_reconciled' && String(origin).includes('durable-execution') !== fromQueue,
  )

/** Messages to the device about one request, once all that was on its way has come. */
async function messagesOf(at: Bridge, to: Device, correlationId: string) {
  await at.runtime.idle()
  await to.request(TOPIC, HARMLESS)
  return to.messages.all.filter(({ envelope }) => envelope.metadata.correlation_id === correlationId)
}

async function runningExecution(at: Bridge): Promise<string> {
  const { DurableExecutions = [] } = await at.lambda.send(
    new ListDurableExecutionsByFunctionCommand({ FunctionName: `${NAMES.stackName}-review`, Statuses: ['RUNNING'] }),
  )
  const [execution, ...others] = DurableExecutions
  expect(others).toEqual([])
  return execution?.DurableExecutionArn ?? ''
}

test('a workflow that fails is answered once, though its event and its dead letter both tell of it, and may be repeated', async () => {
  const correlationId = randomUUID()
  const { envelope } = await device.request(TOPIC, EXPLODES, { correlation_id: correlationId })

  expect(envelope.payload).toMatchObject({ code: 'workflow_failed', component: 'workflow' })
  expect(envelope.metadata).toMatchObject({ status: 'error', correlation_id: correlationId })
  expect(await reconciled(bridge, false)).toMatchObject({ code: 'workflow_failed', said: true })
  expect(await reconciled(bridge, true)).toMatchObject({ code: 'workflow_failed', said: false })
  expect(await messagesOf(bridge, device, correlationId)).toHaveLength(1)
  expect(bridge.log.text()).not.toContain('the secret of the payload')

  const again = await device.request(TOPIC, EXPLODES, { correlation_id: correlationId })
  expect(again.envelope.payload).toMatchObject({ code: 'workflow_failed' })
  expect(again.envelope.message_id).not.toBe(envelope.message_id)
})

test('a workflow that is stopped is answered once', async () => {
  const correlationId = randomUUID()
  const before = bridge.log.functions.all.length
  await device.send(TOPIC, WAITS, { correlation_id: correlationId })
  await bridge.log.functions.take('question', ({ message }) => message === 'device_asked')
  await bridge.lambda.send(new StopDurableExecutionCommand({ DurableExecutionArn: await runningExecution(bridge) }))

  const { envelope } = await device.reply(correlationId)
  expect(envelope.payload).toMatchObject({ code: 'workflow_stopped' })
  expect(await messagesOf(bridge, device, correlationId)).toHaveLength(1)
  // stopping is no failure: the queue hears nothing of it
  const words = bridge.log.functions.all.slice(before).filter(({ message }) => message === 'workflow_reconciled')
  expect(words).toMatchObject([{ code: 'workflow_stopped', said: true }])
})

test('a workflow that runs out of time is answered once', async () => {
  using assembly = await exploding((template) => {
    functionResource(template, 'review').Properties.DurableConfig.ExecutionTimeout = 1
  })
  await using hurried = await startBridge({ assemblyFolder: assembly.folder })
  await using asking = await hurried.connect()
  const correlationId = randomUUID()
  const { envelope } = await asking.request(TOPIC, WAITS, { correlation_id: correlationId })

  expect(envelope.payload).toMatchObject({ code: 'workflow_timed_out' })
  expect(await reconciled(hurried, true)).toMatchObject({ said: false })
  expect(await messagesOf(hurried, asking, correlationId)).toHaveLength(1)
})

test('what only the dead-letter queue tells of is answered by it, and is gone from it', async () => {
  using assembly = await exploding((template) => {
    for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
      if (Type === 'AWS::Events::Rule' && JSON.stringify(Properties).includes('Durable Execution Status Change')) {
        delete template.Resources[id]
      }
    }
    for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
      const isOfRule = Type === 'AWS::Lambda::Permission' && Properties.Principal === 'events.amazonaws.com'
      const isQueuePolicy = Type === 'AWS::SQS::QueuePolicy' && JSON.stringify(Properties).includes('events.amazonaws')
      if (isOfRule || isQueuePolicy) delete template.Resources[id]
    }
  })
  await using deaf = await startBridge({ assemblyFolder: assembly.folder })
  await using asking = await deaf.connect()
  const { envelope } = await asking.request(TOPIC, EXPLODES)

  expect(envelope.payload).toMatchObject({ code: 'workflow_failed' })
  expect(await reconciled(deaf, true)).toMatchObject({ said: true })
  await deaf.runtime.idle()
  expect(await deaf.queued('-dlq-review')).toEqual([])
})
