import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ListDurableExecutionsByFunctionCommand } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { DEFAULT_STAGE, REVIEW_PATH, type ReviewCase, type ReviewDecision, reviewCase } from '#contract/index.ts'
import { connect, jamey } from '#device/index.ts'
import { openWorkflows } from '../../cli/workflow/open-workflows.ts'
import { deviceEnvironment, runExample } from '../examples/run-example.ts'
import {
  answerTo,
  awsOptions,
  type Bridge,
  type Device,
  functionResource,
  patchedAssembly,
  questionTo,
  type Received,
  startBridge,
  temporaryFolder,
  untraced,
} from './harness/index.ts'

const TOPIC = 'jamey/conscience/review'
/** The conscience of the shipped rules does not approve it, and it is no trifle. */
const WEIGHTY = { action: 'Delete all user data without consent', context: 'The disk is full', user_id: null }
const HARMLESS = { action: 'Help a neighbour', context: '', user_id: null }
const OPERATOR = 'examples/operator/operator.ts'
const FUNCTION_NAME = 'mqtt-cloud-bridge-dev-review'

/** A device of the operator's that decides as told; `cases` are what it was shown. */
async function connectOperator(bridge: Bridge, decide: (asked: ReviewCase) => Promise<ReviewDecision>) {
  const cases: ReviewCase[] = []
  const operator = await connect(jamey, {
    url: bridge.runtime.mqttUrl,
    ca: readFileSync(bridge.runtime.caFile, 'utf8'),
    clientId: 'operator-1',
    token: () => bridge.token('operator-1'),
  })
  await operator.respond('devices/{clientId}/requests', async ({ method, path, body }) => {
    if (method !== 'POST' || path !== REVIEW_PATH) return { status: 404, headers: {}, body: null }
    const asked = reviewCase.parse(body)
    cases.push(asked)
    return { status: 200, headers: {}, body: { ...(await decide(asked)) } }
  })
  return { cases, [Symbol.asyncDispose]: () => operator.close() }
}

/** An operator that was there, so that the broker keeps its session, and is gone without a word. */
async function killedOperator(bridge: Bridge): Promise<void> {
  await using operator = runExample(OPERATOR, [], await deviceEnvironment(bridge, 'operator-1'))
  await operator.out.take('ready', (line) => line === 'ready')
  operator.stop('SIGKILL')
  await operator.exitCode
}

async function executions(bridge: Bridge) {
  const { DurableExecutions = [] } = await bridge.lambda.send(
    new ListDurableExecutionsByFunctionCommand({ FunctionName: FUNCTION_NAME }),
  )
  return DurableExecutions
}

const payloadOf = (reply: Awaited<ReturnType<Device['reply']>>) => reply.envelope.payload as Record<string, unknown>

describe('conscience/review', () => {
  let bridge: Bridge
  let device: Device
  beforeAll(async () => {
    bridge = await startBridge()
    device = await bridge.connect()
  })
  afterAll(async () => {
    await device?.[Symbol.asyncDispose]()
    await bridge?.[Symbol.asyncDispose]()
  })

  test('is answered by the conscience alone where it approves', async () => {
    const reply = await device.request(TOPIC, HARMLESS)

    expect(reply.envelope.metadata).toMatchObject({ status: 'ok' })
    expect(payloadOf(reply)).toMatchObject({ ...{ action: HARMLESS.action }, approved: true, decision: 'evaluated' })
  })

  test('is answered by an operator who approves, once for all its repeats', async () => {
    let decide = (_: ReviewDecision) => {}
    const decided = new Promise<ReviewDecision>((resolve) => {
      decide = resolve
    })
    await using operator = await connectOperator(bridge, () => decided)
    const before = (await executions(bridge)).length
    const correlationId = randomUUID()
    await device.send(TOPIC, WEIGHTY, { correlation_id: correlationId })
    await bridge.log.functions.take('the operator is asked', ({ message }) => message === 'device_asked')
    await device.send(TOPIC, WEIGHTY, { correlation_id: correlationId })
    decide({ approved: true, reason: 'it is a test system' })
    const reply = await device.reply(correlationId)
    const again = await device.request(TOPIC, WEIGHTY, { correlation_id: correlationId })

    expect(payloadOf(reply)).toMatchObject({
      ...{ action: WEIGHTY.action, approved: true, moral_score: -1 },
      ...{ decision: 'approved', decided_by: 'operator-1', reason: 'it is a test system' },
    })
    expect(untraced(again)).toBe(untraced(reply))
    const [newest] = await executions(bridge)
    const workflows = openWorkflows({ aws: awsOptions(bridge.runtime), stage: DEFAULT_STAGE })
    expect(await workflows.list({ limit: 1 })).toMatchObject([{ name: newest?.DurableExecutionName }])
    expect(await workflows.show(newest?.DurableExecutionName ?? '')).toMatchObject({
      status: 'SUCCEEDED',
      steps: [
        { name: 'evaluate', kind: 'step', state: 'succeeded', level: 0 },
        { name: 'ask operator', kind: 'context', state: 'succeeded', level: 0 },
        { kind: 'callback', state: 'succeeded', level: 1 },
        { kind: 'step', state: 'succeeded', level: 1 },
        { name: 'answer', kind: 'step', state: 'succeeded', level: 0 },
      ],
    })
    expect(operator.cases).toMatchObject([{ action: WEIGHTY.action, client_id: 'jamey-instance-1' }])
    expect(await executions(bridge)).toHaveLength(before + 1)
  })

  test('is refused before anything starts when it is not valid', async () => {
    const before = (await executions(bridge)).length
    const reply = await device.request(TOPIC, { action: '' })

    expect(payloadOf(reply)).toMatchObject({ code: 'invalid_payload' })
    expect(await executions(bridge)).toHaveLength(before)
  })
})

describe('a review that waits', () => {
  /** As deployed, with this long for the operator. */
  const withDecisionSeconds = (seconds: number) =>
    patchedAssembly((template) => {
      const variables = functionResource(template, 'review').Properties.Environment.Variables
      variables.REVIEW_DECISION_SECONDS = String(seconds)
    })

  test('is answered by the conscience when the operator is gone, after the time that the deployment gives', async () => {
    using assembly = await withDecisionSeconds(1)
    await using bridge = await startBridge({ assemblyFolder: assembly.folder })
    await using device = await bridge.connect()
    await killedOperator(bridge)

    const reply = await device.request(TOPIC, WEIGHTY)
    expect(reply.envelope.metadata).toMatchObject({ status: 'ok' })
    expect(payloadOf(reply)).toMatchObject({
      ...{ approved: false, decision: 'unanswered', decided_by: null },
      reason: 'no operator decided in time',
    })
  })

  test('loses nothing when the bridge is stopped and started', async () => {
    using state = temporaryFolder()
    const correlationId = randomUUID()
    const subscribe = ['jamey/devices/operator-1/requests']
    let question: Received
    {
      await using bridge = await startBridge({ stateFolder: state.path })
      await using device = await bridge.connect()
      await using operator = await bridge.connect({ clientId: 'operator-1', subscribe })
      await device.send(TOPIC, WEIGHTY, { correlation_id: correlationId })
      question = await operator.messages.take('the question', ({ topic }) => topic === subscribe[0])
    }
    await using bridge = await startBridge({ stateFolder: state.path })
    await using device = await bridge.connect()
    await using operator = await bridge.connect({ clientId: 'operator-1', subscribe })
    // a repeat is deferred: the execution is still there
    await device.send(TOPIC, WEIGHTY, { correlation_id: correlationId })
    const [execution, ...others] = await executions(bridge)
    expect([execution?.Status, others]).toEqual(['RUNNING', []])
    const { correlation_id } = question.envelope.metadata
    const decision = { approved: false, reason: 'not today' }
    await operator.send('jamey/devices/operator-1/responses', { status: 200, body: decision }, { correlation_id })

    expect(payloadOf(await device.reply(correlationId))).toMatchObject({
      ...{ decision: 'rejected', decided_by: 'operator-1', reason: 'not today' },
    })
    // who was cut off while it asked may ask again, for the same answer
    const asked = operator.messages.all.filter(({ topic }) => topic === subscribe[0])
    expect(asked.filter(({ envelope }) => envelope.metadata.correlation_id !== correlation_id)).toEqual([])
  })
})

describe('a callback with heartbeats', () => {
  /** Leaves a loaded machine some seconds between progress and heartbeat. */
  const HEARTBEAT_SECONDS = 5
  const subscribe = ['jamey/devices/operator-1/requests']
  /** The workflow as deployed, but that it hears of the operator's device this often, or goes on without it. */
  const withHeartbeats = () =>
    patchedAssembly(() => {}, {
      review(bundleFolder) {
        const file = join(bundleFolder, 'index.mjs')
        const code = readFileSync(file, 'utf8')
        const changed = code.replace(
          /("keep"\s*\}\),\s*\{)(\s*timeout:)/,
          `$1heartbeatTimeout:{seconds:${HEARTBEAT_SECONDS}},$2`,
        )
        expect(changed).not.toBe(code)
        writeFileSync(file, changed)
      },
    })
  let assembly: Awaited<ReturnType<typeof withHeartbeats>>
  let bridge: Bridge
  let device: Device
  beforeAll(async () => {
    assembly = await withHeartbeats()
    bridge = await startBridge({ assemblyFolder: assembly.folder })
    device = await bridge.connect()
  })
  afterAll(async () => {
    await device?.[Symbol.asyncDispose]()
    await bridge?.[Symbol.asyncDispose]()
    assembly?.[Symbol.dispose]()
  })

  test('waits as long as the device tells of its progress', async () => {
    await using operator = await bridge.connect({ clientId: 'operator-1', subscribe })
    const answered = device.request(TOPIC, WEIGHTY)
    const question = await questionTo(operator)
    const askedAtMs = Date.now()
    for (const second of [2, 4, 6]) {
      await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(askedAtMs + second * 1_000), 5_000)
      await answerTo(operator, question, { status: 102 })
    }
    await answerTo(operator, question, { status: 200, body: { approved: true, reason: 'it took me six seconds' } })

    expect(payloadOf(await answered)).toMatchObject({ decision: 'approved', reason: 'it took me six seconds' })
  })

  test('goes on without a device that says nothing for so long', async () => {
    await using operator = await bridge.connect({ clientId: 'operator-1', subscribe })
    const answered = device.request(TOPIC, WEIGHTY)
    const question = await questionTo(operator)
    expect(payloadOf(await answered)).toMatchObject({ decision: 'unanswered' })

    // what it says then comes to nobody
    await answerTo(operator, question, { status: 102 })
    await bridge.runtime.idle()
    expect(bridge.log.functions.all.filter(({ level }) => level === 'ERROR')).toEqual([])
  })
})
