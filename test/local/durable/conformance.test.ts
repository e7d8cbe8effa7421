import { type ChildProcess, fork } from 'node:child_process'
import {
  GetDurableExecutionHistoryCommand,
  SendDurableExecutionCallbackFailureCommand,
  SendDurableExecutionCallbackHeartbeatCommand,
  SendDurableExecutionCallbackSuccessCommand,
} from '@aws-sdk/client-lambda'
import { afterAll } from 'vitest'
import { type CallbackAct, type DurableRunner, testDurableRunner } from '../../conformance/durable-runner.ts'
import type { Answer, Question } from '../../fixtures/durable/testing-package.ts'
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

let packageProcess: ChildProcess | undefined
let packageErrors = ''
const waiting = new Map<number, PromiseWithResolvers<Answer>>()
afterAll(() => packageProcess?.kill('SIGKILL'))

function startPackage(): ChildProcess {
  const child = fork(new URL('../../fixtures/durable/testing-package.ts', import.meta.url), {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
    execArgv: [],
  })
  child.stderr?.on('data', (text) => {
    packageErrors = `${packageErrors}${text}`.slice(-4000)
  })
  child.on('message', (answer: Answer) => waiting.get(answer.id)?.resolve(answer))
  child.once('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`ended with ${signal ?? code}: ${packageErrors}`))
  })
  return child
}

function testingPackage(): DurableRunner {
  packageProcess ??= startPackage()
  const child = packageProcess
  return {
    async run(workflow, input = null, acts = []) {
      const id = waiting.size
      const question: Question = { id, workflow, input, acts }
      const answered = Promise.withResolvers<Answer>()
      waiting.set(id, answered)
      child.send(question)
      const answer = await answered.promise
      if ('problem' in answer) throw new Error(answer.problem)
      return answer.run
    },
  }
}

testDurableRunner({ name: 'the local runtime runs durable functions:', create: localRuntime })
testDurableRunner({ name: 'the testing package runs durable functions:', create: testingPackage })
