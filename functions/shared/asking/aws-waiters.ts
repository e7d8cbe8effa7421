import type { LambdaClient } from '@aws-sdk/client-lambda'
import type { SFNClient } from '@aws-sdk/client-sfn'
import type { Completion } from '#contract/index.ts'
import { sdkSettings } from '../sdk-client.ts'
import type { Waiters } from './tell-outcome.ts'

/** With the writes before and after it, a call ends within the ten seconds of the function. */
const LIMITS = { maxAttempts: 2, requestTimeoutMs: 2_000 }

/** What says that nobody waits: it was told, has timed out, was stopped, or never was. */
const GONE = new Set([
  'CallbackTimeoutException',
  'InvalidParameterValueException',
  'ResourceNotFoundException',
  'InvalidToken',
  'TaskDoesNotExist',
  'TaskTimedOut',
])

type Durable = Extract<Completion, { kind: 'durable' }>
type StepFunctions = Extract<Completion, { kind: 'step_functions' }>

/**
 * Durable executions and Step Functions. Each SDK is loaded when the first completion of its kind comes by: few requests have one.
 * https://docs.aws.amazon.com/lambda/latest/api/API_SendDurableExecutionCallbackSuccess.html
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
 */
export function createAwsWaiters(clients: { lambda?: LambdaClient; stepFunctions?: SFNClient } = {}): Waiters {
  async function durable() {
    const sdk = await import('@aws-sdk/client-lambda')
    clients.lambda ??= new sdk.LambdaClient(sdkSettings(LIMITS))
    return { sdk, client: clients.lambda }
  }
  async function stepFunctions() {
    const sdk = await import('@aws-sdk/client-sfn')
    clients.stepFunctions ??= new sdk.SFNClient(sdkSettings(LIMITS))
    return { sdk, client: clients.stepFunctions }
  }
  const choose = (
    completion: Completion,
    ways: { durable: (one: Durable) => Promise<unknown>; stepFunctions: (one: StepFunctions) => Promise<unknown> },
  ) => told(completion.kind === 'durable' ? ways.durable(completion) : ways.stepFunctions(completion))

  return {
    succeed: (completion, answer) =>
      choose(completion, {
        async durable({ callback_id: CallbackId }) {
          const { sdk, client } = await durable()
          const Result = Buffer.from(JSON.stringify(answer))
          await client.send(new sdk.SendDurableExecutionCallbackSuccessCommand({ CallbackId, Result }))
        },
        async stepFunctions({ task_token: taskToken }) {
          const { sdk, client } = await stepFunctions()
          await client.send(new sdk.SendTaskSuccessCommand({ taskToken, output: JSON.stringify(answer) }))
        },
      }),

    fail: (completion, failure) =>
      choose(completion, {
        async durable({ callback_id: CallbackId }) {
          const { sdk, client } = await durable()
          const ErrorData = JSON.stringify(failure)
          const error = { ErrorType: failure.code, ErrorMessage: failure.message, ErrorData }
          await client.send(new sdk.SendDurableExecutionCallbackFailureCommand({ CallbackId, Error: error }))
        },
        async stepFunctions({ task_token: taskToken }) {
          const { sdk, client } = await stepFunctions()
          const cause = shortCause(failure)
          await client.send(new sdk.SendTaskFailureCommand({ taskToken, error: failure.code, cause }))
        },
      }),

    heartbeat: (completion) =>
      choose(completion, {
        async durable({ callback_id: CallbackId }) {
          const { sdk, client } = await durable()
          await client.send(new sdk.SendDurableExecutionCallbackHeartbeatCommand({ CallbackId }))
        },
        async stepFunctions({ task_token: taskToken }) {
          const { sdk, client } = await stepFunctions()
          await client.send(new sdk.SendTaskHeartbeatCommand({ taskToken }))
        },
      }),
  }
}

/** A cause of a task is 32,768 characters at most; beyond it what the device said is left out. */
function shortCause(failure: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(failure)
  return text.length <= 32_768 ? text : JSON.stringify({ ...failure, device: undefined })
}

async function told(call: Promise<unknown>): Promise<'told' | 'gone'> {
  try {
    await call
    return 'told'
  } catch (error) {
    if (error instanceof Error && GONE.has(error.name)) return 'gone'
    throw error
  }
}
