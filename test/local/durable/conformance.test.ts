import { LocalDurableTestRunner, WaitingOperationStatus } from '@aws/durable-execution-sdk-js-testing'
import {
  GetDurableExecutionHistoryCommand,
  SendDurableExecutionCallbackFailureCommand,
  SendDurableExecutionCallbackHeartbeatCommand,
  SendDurableExecutionCallbackSuccessCommand,
} from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, describe } from 'vitest'
import { type CallbackAct, type DurableRunner, testDurableRunner } from '../../conformance/durable-runner.ts'
import { DURABLE_FUNCTION, handler, PLAIN_FUNCTION, plainHandler } from '../../fixtures/durable/workflows.ts'
import { setUp } from './set-up.ts'

let shared: ReturnType<typeof setUp> | undefined
let closeShared = async () => {}
afterAll(() => closeShared())

async function localRuntime(): Promise<DurableRunner> {
  shared ??= setUp({
    onEnd(close) {
      closeShared = close
    },
  })
  const { client, start, finish, callbackId, durable } = await shared

  async function act(arn: string, one: CallbackAct): Promise<void> {
    const CallbackId = await callbackId(arn)
    if (one.kind === 'heartbeat') {
      await client.send(new SendDurableExecutionCallbackHeartbeatCommand({ CallbackId }))
    } else if (one.kind === 'fail') {
      await client.send(new SendDurableExecutionCallbackFailureCommand({ CallbackId, Error: one.error }))
    } else {
      const Result = Buffer.from(one.result)
      await client.send(new SendDurableExecutionCallbackSuccessCommand({ CallbackId, Result }))
    }
  }

  return {
    async run(workflow, input = null, acts = []) {
      const arn = await start(workflow, input)
      for (const one of acts) await act(arn, one)
      const { Status, Result, Error: failure } = await finish(arn)
      const { Events = [] } = await client.send(new GetDurableExecutionHistoryCommand({ DurableExecutionArn: arn }))
      const operations = [...durable.describe(arn).operations.values()]
      return {
        status: Status,
        result: Result === undefined ? undefined : JSON.parse(Result),
        errorType: failure?.ErrorType,
        errorMessage: failure?.ErrorMessage,
        operations: operations
          .filter(({ type }) => type !== 'EXECUTION')
          .map(({ type, name, status }) => `${type} ${name} ${status}`),
        events: Events.map(({ EventType }) => String(EventType)).filter((type) => type !== 'InvocationCompleted'),
      }
    },
  }
}

function testingPackage(): DurableRunner {
  return {
    async run(workflow, input = null, acts = []) {
      const runner = new LocalDurableTestRunner({ handlerFunction: handler })
      runner.registerFunction(PLAIN_FUNCTION, plainHandler)
      runner.registerDurableFunction(DURABLE_FUNCTION, handler)
      const callback = runner.getOperation('approval')
      const running = runner.run({ payload: { workflow, input } })
      for (const one of acts) {
        await callback.waitForData(WaitingOperationStatus.SUBMITTED)
        if (one.kind === 'heartbeat') await callback.sendCallbackHeartbeat()
        else if (one.kind === 'fail') await callback.sendCallbackFailure(one.error)
        else await callback.sendCallbackSuccess(one.result)
      }
      const result = await running
      const hasFailed = result.getStatus() === 'FAILED'
      const error = hasFailed ? result.getError() : undefined
      return {
        status: result.getStatus(),
        result: hasFailed ? undefined : result.getResult(),
        errorType: error?.errorType,
        errorMessage: error?.errorMessage,
        operations: result.getOperations().map((one) => `${one.getType()} ${one.getName()} ${one.getStatus()}`),
        events: result
          .getHistoryEvents()
          .map(({ EventType }) => String(EventType))
          .filter((type) => type !== 'InvocationCompleted'),
      }
    },
  }
}

testDurableRunner({ name: 'the local runtime runs durable functions:', create: localRuntime })

describe('with its own clock', () => {
  beforeAll(() => LocalDurableTestRunner.setupTestEnvironment({ skipTime: true }))
  afterAll(() => LocalDurableTestRunner.teardownTestEnvironment())

  testDurableRunner({ name: 'the testing package runs durable functions:', create: testingPackage })
})
