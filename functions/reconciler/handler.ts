import {
  type BridgeError,
  bridgeError,
  type DeferredRequest,
  describeIssue,
  workflowInputSchema,
} from '#contract/index.ts'
import { faultCode } from '../shared/fault-code.ts'
import { inTrace, type Observer, type RequestFinisher } from '../shared/index.ts'
import { type ExecutionStatus, reconcilerEventSchema } from './event.ts'

export interface ReconcilerDependencies {
  finisher: RequestFinisher
  /** The input a durable execution was started with, as text; undefined when the service no longer knows it. */
  inputOf(durableExecutionArn: string): Promise<string | undefined>
  observer: Observer
}

const CODE_OF_STATUS = {
  FAILED: 'workflow_failed',
  TIMED_OUT: 'workflow_timed_out',
  STOPPED: 'workflow_stopped',
} as const satisfies Record<ExecutionStatus, string>

/**
 * Answers requests whose execution ended without a word, unless they have their answer, and hands on the results of state machines. Returns
 * how many requests were answered. Throws workflow_input_invalid for an execution that none of our starters started.
 */
export function createReconciler(dependencies: ReconcilerDependencies): (event: unknown) => Promise<{ said: number }> {
  const { finisher, observer } = dependencies
  return (event) => inTrace(undefined, () => answered(event))

  async function answered(event: unknown): Promise<{ said: number }> {
    try {
      return { said: await reconcile(event) }
    } catch (error) {
      observer.count('SystemFaults', 1, faultCode(error))
      observer.error('reconciliation_failed', { code: codeOf(error), error_name: (error as Error).name })
      throw error
    } finally {
      observer.flush()
    }
  }

  async function reconcile(event: unknown): Promise<number> {
    const parsed = reconcilerEventSchema.safeParse(event)
    if (!parsed.success) throw bridgeError('workflow_input_invalid', { problem: describeIssue(parsed.error) })
    const record = parsed.data
    switch (record.kind) {
      case 'answer':
        return Number(await finisher.answer(record.request, record.result))
      case 'stateMachine':
        return fail(record.input, bridgeError(CODE_OF_STATUS[record.status]), record.executionArn)
      case 'durable': {
        const input = await dependencies.inputOf(record.executionArn)
        if (input !== undefined) return fail(input, bridgeError(CODE_OF_STATUS[record.status]), record.executionArn)
        observer.warn('execution_unknown', { execution_arn: record.executionArn, status: record.status })
        return 0
      }
      case 'deadLetters': {
        let said = 0
        // one after the other: there are few, and a failure puts all of them back
        for (const { body, messageId } of record.letters) {
          said += await fail(body, bridgeError('workflow_failed'), messageId, messageId)
        }
        return said
      }
    }
  }

  async function fail(input: string, error: BridgeError, origin: string, messageId?: string): Promise<number> {
    const said = await finisher.fail(requestIn(input), error, messageId)
    observer.count('WorkflowsReconciled', Number(said))
    observer.warn('workflow_reconciled', { code: error.code, origin, said })
    return Number(said)
  }
}

function requestIn(input: string): DeferredRequest {
  const parsed = workflowInputSchema.safeParse(parseJson(input))
  if (!parsed.success) throw bridgeError('workflow_input_invalid', { problem: describeIssue(parsed.error) })
  return parsed.data.request
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function codeOf(error: unknown): unknown {
  return (Object(error) as { code?: unknown }).code
}
