import { randomUUID } from 'node:crypto'
import { ListExecutionsCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { DEFAULT_STAGE } from '#contract/index.ts'
import { openWorkflows } from '../../cli/workflow/open-workflows.ts'
import {
  answerTo,
  assemblyWith,
  awsOptions,
  type Bridge,
  counted,
  type Device,
  NAMES,
  questionTo,
  startBridge,
  type Template,
  temporaryFolder,
  untraced,
} from '../e2e/harness/index.ts'
import { deviceEnvironment, runExample } from './run-example.ts'

const SETTINGS = { reviewStateMachineFile: 'examples/state-machine/review.asl.json' }
const TOPIC = 'jamey/conscience/review'
const ACTION = { action: 'Paint the gate', context: 'It rusts' }
/** Outlives the connections of a device, so that it misses nothing. */
const SESSION = { clean: false, properties: { sessionExpiryInterval: 3_600 } }
const ASKED = ['jamey/devices/operator-1/requests', 'jamey/responses/operator-1']

/** Changes the one state machine of a template. */
const withMachine = (change: (definition: Record<string, unknown>) => void) => (template: Template) => {
  for (const { Type, Properties } of Object.values(template.Resources)) {
    if (Type !== 'AWS::StepFunctions::StateMachine') continue
    const definition = JSON.parse(Properties.DefinitionString) as Record<string, unknown>
    change(definition)
    Properties.DefinitionString = JSON.stringify(definition)
  }
}

async function messagesOf(bridge: Bridge, device: Device, correlationId: string) {
  await bridge.runtime.idle()
  await device.request('jamey/memory/query', { query: 'all that was on its way has come' })
  return device.messages.all.filter(({ envelope }) => envelope.metadata.correlation_id === correlationId)
}

describe('the state machine', () => {
  let opened: AsyncDisposableStack
  let bridge: Bridge
  let device: Device
  beforeAll(async () => {
    opened = new AsyncDisposableStack()
    const assembly = opened.use(await assemblyWith(SETTINGS))
    bridge = opened.use(await startBridge({ assemblyFolder: assembly.folder }))
    device = opened.use(await bridge.connect())
  })
  afterAll(() => opened?.disposeAsync())

  test('answers the request with what the operator decides', async () => {
    const args = ['--approve', '--reason', 'it is my gate']
    await using operator = runExample(
      'examples/operator/operator.ts',
      args,
      await deviceEnvironment(bridge, 'operator-1'),
    )
    await operator.out.take('ready', (line) => line === 'ready')
    const correlationId = randomUUID()
    const reply = await device.request(TOPIC, ACTION, { correlation_id: correlationId })

    expect(reply.envelope.metadata).toMatchObject({ status: 'ok' })
    expect(reply.envelope.payload).toMatchObject({
      ...{ action: ACTION.action, approved: true, decision: 'approved' },
      ...{ decided_by: 'operator-1', reason: 'it is my gate' },
    })
    const workflows = openWorkflows({ aws: awsOptions(bridge.runtime), stage: DEFAULT_STAGE })
    const [execution] = await workflows.list({ limit: 5 })
    expect(execution).toMatchObject({ workflow: 'review', status: 'SUCCEEDED' })
    expect((await workflows.show(execution?.name ?? '')).steps.map(({ name }) => name)).toEqual([
      'Ask operator',
      'What did the operator say?',
      'Approved',
      'Answer',
    ])
    const again = await device.request(TOPIC, ACTION, { correlation_id: correlationId })
    expect(untraced(again)).toBe(untraced(reply))
  })

  test('goes on without the operator whose device fails', async () => {
    await using operator = await bridge.connect({ clientId: 'operator-1', subscribe: ASKED })
    const answered = device.request(TOPIC, ACTION)
    const error = { code: 'no_display', message: 'broken', component: 'desk', severity: 'error' }
    await answerTo(operator, await questionTo(operator), error, { status: 'error' })

    expect((await answered).envelope.payload).toMatchObject({ approved: false, decision: 'unanswered' })
  })

  test('that fails is answered once by the reconciler', async () => {
    await using operator = await bridge.connect({ clientId: 'operator-1', subscribe: ASKED })
    const correlationId = randomUUID()
    const answered = device.request(TOPIC, ACTION, { correlation_id: correlationId })
    await answerTo(operator, await questionTo(operator), { status: 200, body: { approved: true } })

    expect((await answered).envelope).toMatchObject({
      payload: { code: 'workflow_failed' },
      metadata: { status: 'error' },
    })
    expect(await messagesOf(bridge, device, correlationId)).toHaveLength(1)
  })

  test('that is stopped is answered once, and the answer of the device comes to nobody', async () => {
    await using operator = await bridge.connect({ clientId: 'operator-1', subscribe: ASKED })
    const correlationId = randomUUID()
    const answered = device.request(TOPIC, ACTION, { correlation_id: correlationId })
    const question = await questionTo(operator)
    const client = new SFNClient(awsOptions(bridge.runtime))
    const stateMachineArn = `arn:aws:states:us-east-1:000000000000:stateMachine:${NAMES.stackName}-review`
    const { executions = [] } = await client.send(
      new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' }),
    )
    expect(executions).toHaveLength(1)
    await client.send(new StopExecutionCommand({ executionArn: executions[0]?.executionArn }))
    client.destroy()

    expect((await answered).envelope.payload).toMatchObject({ code: 'workflow_stopped' })
    await answerTo(operator, question, { status: 200, body: { approved: true, reason: null } })
    expect(await messagesOf(bridge, device, correlationId)).toHaveLength(1)
    expect(await counted(bridge, 'answers', 'waiters_gone')).toBe(1)
  })
})

test('a task with heartbeats waits as long as the device tells of its progress', async () => {
  using assembly = await assemblyWith(
    SETTINGS,
    withMachine((definition) => {
      const states = definition.States as Record<string, Record<string, unknown>>
      Object.assign(states['Ask operator'] ?? {}, { HeartbeatSeconds: 5 })
    }),
  )
  await using bridge = await startBridge({ assemblyFolder: assembly.folder })
  await using device = await bridge.connect()
  await using operator = await bridge.connect({ clientId: 'operator-1', subscribe: ASKED })
  const correlationId = randomUUID()
  await device.send(TOPIC, ACTION, { correlation_id: correlationId })
  const question = await questionTo(operator)
  const askedAtMs = Date.now()
  for (const second of [2, 4, 6]) {
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(askedAtMs + second * 1_000), 5_000)
    await answerTo(operator, question, { status: 102 })
  }
  await answerTo(operator, question, { status: 200, body: { approved: true, reason: 'it took me six seconds' } })

  const { envelope } = await device.reply(correlationId)
  expect(envelope.payload).toMatchObject({ decision: 'approved', reason: 'it took me six seconds' })
})

test.each([
  ['of its task, is answered without the operator', 'task', { decision: 'unanswered', approved: false }],
  ['of its own, is answered once by the reconciler', 'machine', { code: 'workflow_timed_out' }],
])('a state machine that runs out of the time %s', async (_, whose, expected) => {
  using assembly = await assemblyWith(
    SETTINGS,
    withMachine((definition) => {
      const states = definition.States as Record<string, Record<string, unknown>>
      Object.assign((whose === 'task' ? states['Ask operator'] : definition) ?? {}, { TimeoutSeconds: 1 })
    }),
  )
  await using bridge = await startBridge({ assemblyFolder: assembly.folder })
  await using device = await bridge.connect()
  const correlationId = randomUUID()
  const { envelope } = await device.request(TOPIC, ACTION, { correlation_id: correlationId })

  expect(envelope.payload).toMatchObject(expected)
  expect(await messagesOf(bridge, device, correlationId)).toHaveLength(1)
})

test('what waits when the runtime stops is answered by the next one, as failed', async () => {
  using assembly = await assemblyWith(SETTINGS)
  using state = temporaryFolder()
  const correlationId = randomUUID()
  {
    await using bridge = await startBridge({ assemblyFolder: assembly.folder, stateFolder: state.path })
    await using device = await bridge.connect({ mqtt: SESSION })
    await device.send(TOPIC, ACTION, { correlation_id: correlationId })
    await bridge.log.functions.take('question', ({ message }) => message === 'device_asked')
  }
  await using bridge = await startBridge({ assemblyFolder: assembly.folder, stateFolder: state.path })
  await using device = await bridge.connect({ mqtt: SESSION })

  expect((await device.reply(correlationId)).envelope.payload).toMatchObject({ code: 'workflow_failed' })
})
