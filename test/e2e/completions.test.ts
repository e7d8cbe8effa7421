import { randomUUID } from 'node:crypto'
import {
  GetDurableExecutionCommand,
  InvokeCommand,
  ListDurableExecutionsByFunctionCommand,
} from '@aws-sdk/client-lambda'
import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createDynamoDbDeviceRequests,
  createDynamoDbStore,
  type DeviceRequests,
  deviceRequestKey,
} from '#correlation/index.ts'
import { createAnswerRoutes, refuseAnswer } from '../../functions/answers/handler.ts'
import { createAwsWaiters } from '../../functions/shared/asking/aws-waiters.ts'
import { createTellOutcome, type Waiters } from '../../functions/shared/asking/tell-outcome.ts'
import { bridgeHandler } from '../../functions/shared/index.ts'
import { lambdaContext } from '../fixtures/lambda-context.ts'
import { createRecordingObserver } from '../fixtures/recording-observer.ts'
import { ruleEvent } from '../fixtures/rule-event.ts'
import {
  assemblyWith,
  awsOptions,
  type Bridge,
  type Device,
  functionResource,
  NAMES,
  type Received,
  startBridge,
} from './harness/index.ts'

const CLIENT_ID = 'jamey-instance-1'
const ASKED = 'jamey/devices/operator-1/requests'
const ANSWERS = 'jamey/devices/operator-1/responses'
const ACTION = { action: 'Delete all user data without consent', context: '', user_id: null }

let opened: AsyncDisposableStack
let bridge: Bridge
let operator: Device
let device: Device
let stepFunctions: SFNClient
beforeAll(async () => {
  opened = new AsyncDisposableStack()
  // topics start the state machine; the durable function is started by hand
  const settings = { reviewStateMachineFile: 'examples/state-machine/review.asl.json' }
  const assembly = opened.use(await assemblyWith(settings, (template) => void functionResource(template, 'review')))
  bridge = opened.use(await startBridge({ assemblyFolder: assembly.folder }))
  operator = opened.use(await bridge.connect({ clientId: 'operator-1', subscribe: [ASKED] }))
  device = opened.use(await bridge.connect())
  stepFunctions = new SFNClient(awsOptions(bridge.runtime))
  opened.defer(() => stepFunctions.destroy())
})
afterAll(() => opened?.disposeAsync())

class Killed extends Error {}

/** Ends the function at the call of this number, before or after it takes effect; once. */
interface Crash {
  call: number
  after: boolean
}

/** The function that takes answers, run here on the table and the engines of the runtime, so that it can die or be refused at any call. */
function answersFunction(options: { crash?: Crash; refusals?: string[] } = {}) {
  const { crash, refusals = [] } = options
  let calls = 0
  let isDead = false
  function dying<Args extends unknown[], Value>(call: (...args: Args) => Promise<Value>) {
    return async (...args: Args): Promise<Value> => {
      calls += 1
      const dies = !isDead && crash?.call === calls
      if (dies) isDead = true
      if (dies && !crash.after) throw new Killed()
      const value = await call(...args)
      if (dies) throw new Killed()
      return value
    }
  }
  function engine<Args extends unknown[], Value>(call: (...args: Args) => Promise<Value>) {
    return dying(async (...args: Args): Promise<Value> => {
      const name = refusals.shift()
      if (name) throw Object.assign(new Error('slow down'), { name })
      return call(...args)
    })
  }
  const store = createDynamoDbDeviceRequests({
    client: bridge.dynamoDb,
    tableName: NAMES.correlationTable,
    keptSeconds: 3_600,
  })
  const requests: DeviceRequests = {
    ...store,
    settle: dying((...args) => store.settle(...args)),
    markResumed: dying((...args) => store.markResumed(...args)),
  }
  const aws = createAwsWaiters({ lambda: bridge.lambda, stepFunctions })
  const waiters: Waiters = {
    succeed: engine((...args) => aws.succeed(...args)),
    fail: engine((...args) => aws.fail(...args)),
    heartbeat: engine((...args) => aws.heartbeat(...args)),
  }
  const observer = createRecordingObserver()
  const parts = { requests, waiters, observer, tellOutcome: createTellOutcome({ requests, waiters, observer }) }
  const handler = bridgeHandler(createAnswerRoutes(parts), {
    settings: { root: 'jamey', sharedReplies: [] },
    observer,
    component: 'answers',
    refused: refuseAnswer(parts),
  })
  /** As Lambda repeats what failed; returns how often it was run. */
  async function take(question: Received, reason: string): Promise<number> {
    const { correlation_id } = question.envelope.metadata
    const message = {
      message_id: randomUUID(),
      timestamp: new Date().toISOString(),
      topic: ANSWERS,
      payload: { status: 200, headers: {}, body: { approved: true, reason } },
      metadata: { client_id: 'operator-1', correlation_id },
    }
    const event = ruleEvent(message, { topic: ANSWERS, client_id: 'operator-1', received_at_ms: Date.now() })
    for (let run = 1; ; run += 1) {
      try {
        await handler(event, lambdaContext('first'))
        return run
      } catch (error) {
        if (run === 5) throw error
      }
    }
  }
  const find = (question: Received) =>
    store.find(
      deviceRequestKey({ clientId: 'operator-1', correlationId: question.envelope.metadata.correlation_id ?? '' }),
      { consistent: true },
    )
  return { take, find, counts: observer.counts }
}

/** An execution that waits for the operator's answer, and how it ended. */
interface Waiting {
  question: Received
  outcome(): Promise<unknown>
}

const nextQuestion = () => operator.messages.take('question', ({ topic }) => topic === ASKED)

async function durable(): Promise<Waiting> {
  const execution = randomUUID()
  const store = createDynamoDbStore({ client: bridge.dynamoDb, tableName: NAMES.correlationTable, keptSeconds: 60 })
  await store.claim({ key: execution, requestHash: 'hash', owner: 'test', leaseMs: 60_000 })
  const request = {
    ...{ execution, request_key: execution, request_hash: 'hash', generation: 0, topic_key: 'conscience/review' },
    ...{ client_id: CLIENT_ID, message_id: randomUUID(), correlation_id: execution, received_at_ms: Date.now() },
    reply_topic: `jamey/responses/${CLIENT_ID}`,
  }
  const FunctionName = `${NAMES.stackName}-review`
  await bridge.lambda.send(
    new InvokeCommand({
      FunctionName: `${FunctionName}:live`,
      InvocationType: 'Event',
      DurableExecutionName: execution,
      Payload: JSON.stringify({ request, payload: ACTION }),
    }),
  )
  const question = await nextQuestion()
  return {
    question,
    async outcome() {
      const { payload } = (await device.reply(execution)).envelope
      await bridge.runtime.idle()
      const { DurableExecutions = [] } = await bridge.lambda.send(
        new ListDurableExecutionsByFunctionCommand({ FunctionName, DurableExecutionName: execution }),
      )
      const DurableExecutionArn = DurableExecutions[0]?.DurableExecutionArn
      const { Status } = await bridge.lambda.send(new GetDurableExecutionCommand({ DurableExecutionArn }))
      return { status: Status, reason: (payload as { reason?: unknown }).reason }
    },
  }
}

async function stateMachine(): Promise<Waiting> {
  const correlationId = randomUUID()
  await device.send('jamey/conscience/review', ACTION, { correlation_id: correlationId })
  const question = await nextQuestion()
  const stateMachineArn = `arn:aws:states:us-east-1:000000000000:stateMachine:${NAMES.stackName}-review`
  const { executions = [] } = await stepFunctions.send(
    new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' }),
  )
  expect(executions).toHaveLength(1)
  return {
    question,
    async outcome() {
      const { payload } = (await device.reply(correlationId)).envelope
      await bridge.runtime.idle()
      const executionArn = executions[0]?.executionArn
      const { status } = await stepFunctions.send(new DescribeExecutionCommand({ executionArn }))
      return { status, reason: (payload as { reason?: unknown }).reason }
    },
  }
}

/** Stored, told, marked: three calls. */
const CRASHES: Crash[] = [1, 2, 3].flatMap((call) => [false, true].map((after) => ({ call, after })))

describe.each([
  ['a callback of a durable execution', durable, 'TooManyRequestsException'],
  ['a task token of Step Functions', stateMachine, 'ThrottlingException'],
])('%s', (_, begin, throttled) => {
  test.each(CRASHES)('is told one outcome although the function died at call %j', async (crash) => {
    const waiting = await begin()
    const answers = answersFunction({ crash })

    expect(await answers.take(waiting.question, 'first')).toBe(2)
    // another answer, which is late whatever became of the first
    await answersFunction().take(waiting.question, 'second')

    expect(await waiting.outcome()).toEqual({ status: 'SUCCEEDED', reason: 'first' })
    expect(await answers.find(waiting.question)).toMatchObject({
      state: 'completed',
      resumed_at_ms: expect.any(Number),
    })
  })

  test('is told by the repeats of the function while the engine throttles', async () => {
    const waiting = await begin()
    const answers = answersFunction({ refusals: [throttled, throttled] })

    expect(await answers.take(waiting.question, 'in the end')).toBe(3)
    expect(await waiting.outcome()).toEqual({ status: 'SUCCEEDED', reason: 'in the end' })
    // each repeat met its own answer, and no other
    expect(answers.counts).toMatchObject({ AnswersStored: 1, AnswersRepeated: 2 })
    expect(answers.counts).not.toHaveProperty('AnswersLate')
  })
})
