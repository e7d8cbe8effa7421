import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { bridgeError, type WorkflowInput, type WorkflowName } from '#contract/index.ts'
import { sdkSettings } from '../shared/sdk-client.ts'
import type { WorkflowTarget } from './env.ts'

/** Starts an execution under the name in its input; resolves as well when one of that name is there already. */
export type StartExecution = (workflow: WorkflowName, target: WorkflowTarget, input: WorkflowInput) => Promise<void>

/** Two attempts leave time for the hand-over within the function's own time. */
const START_LIMITS = { maxAttempts: 2, requestTimeoutMs: 2_000 }
/** What the engines say to a name that is in use, with whatever input. */
const STARTED_ALREADY = ['DurableExecutionAlreadyStartedException', 'ExecutionAlreadyExists']
/** The request is at fault, or the deployment is: sending it again changes nothing. Throttling is none of them. */
const DEFINITE =
  /^(AccessDenied|Invalid|KMS|Request(Entity)?TooLarge|ResourceConflict|ResourceNotFound|StateMachine|Validation)/

/**
 * Starts durable functions and state machines. Throws workflow_unavailable for what no repeat can mend. What else goes wrong may have started
 * the execution: that is thrown as it is, fails the invocation, and Lambda's repeat starts by the same name.
 */
export function createStartExecution(): StartExecution {
  const lambda = new LambdaClient(sdkSettings(START_LIMITS))
  let stepFunctions: ReturnType<typeof openStepFunctions> | undefined

  return async (workflow, target, input) => {
    const { execution } = input.request
    try {
      if (target.arn.split(':')[2] === 'states') {
        stepFunctions ??= openStepFunctions()
        await (await stepFunctions)({ stateMachineArn: target.arn, name: execution, input: JSON.stringify(input) })
      } else {
        const Payload = new TextEncoder().encode(JSON.stringify(input))
        const call = {
          FunctionName: target.arn,
          InvocationType: 'Event',
          DurableExecutionName: execution,
          Payload,
        } as const
        await lambda.send(new InvokeCommand(call))
      }
    } catch (cause) {
      const { name = '' } = cause as { name?: string }
      if (STARTED_ALREADY.includes(name)) return
      if (DEFINITE.test(name)) throw bridgeError('workflow_unavailable', { workflow }, { cause })
      throw cause
    }
  }
}

/** Loaded with the first workflow that needs it. */
async function openStepFunctions() {
  const { SFNClient, StartExecutionCommand } = await import('@aws-sdk/client-sfn')
  const client = new SFNClient(sdkSettings(START_LIMITS))
  return (call: { stateMachineArn: string; name: string; input: string }) =>
    client.send(new StartExecutionCommand(call))
}
