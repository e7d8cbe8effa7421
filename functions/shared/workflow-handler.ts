import type { DurableContext } from '@aws/durable-execution-sdk-js'
import middy from '@middy/core'
import { executionModeDurableContext } from '@middy/core/DurableContext'
import {
  bridgeError,
  type DeferredRequest,
  describeIssue,
  isBridgeError,
  type PayloadOf,
  type ReplyOf,
  type RequestKey,
  workflowInputSchema,
} from '#contract/index.ts'
import type { RequestFinisher } from './finish-request.ts'
import type { Observer } from './observability.ts'
import { followTrace, inTrace } from './trace.ts'

/**
 * From a request to its reply, as long as that takes. It is run again from the top whenever the execution resumes, so what may differ
 * between two runs, or must not happen twice, belongs into a step of `context`.
 */
export type Workflow<Key extends RequestKey> = (
  request: { payload: PayloadOf<Key>; facts: DeferredRequest },
  context: DurableContext,
) => Promise<ReplyOf<Key>>

export interface WorkflowDependencies {
  finisher: RequestFinisher
  observer: Observer
}

interface DurableRequest {
  event: unknown
  context: DurableContext
  response: unknown
  error: Error | null
  internal: { facts?: DeferredRequest }
}

/**
 * Makes the handler of a durable function: input ▸ workflow ▸ answer. A coded error of the workflow is the answer; any other error fails
 * the execution, and the reconciler answers. The last step may be repeated, and says the same then.
 */
export function workflowHandler<Key extends RequestKey>(
  workflow: Workflow<Key>,
  { finisher, observer }: WorkflowDependencies,
): (event: unknown, context: unknown) => Promise<unknown> {
  const chain = middy({ executionMode: executionModeDurableContext })
    .use({ before: readInput, after: answer, onError: refuse } as unknown as middy.MiddlewareObj)
    .handler(((request: Parameters<typeof workflow>[0], context: DurableContext) =>
      workflow(request, context)) as unknown as Parameters<ReturnType<typeof middy>['handler']>[0])
  const run = chain as unknown as (event: unknown, context: unknown) => Promise<unknown>
  return (event, context) => inTrace(undefined, () => run(event, context))

  function readInput(request: DurableRequest): void {
    const parsed = workflowInputSchema.safeParse(request.event)
    if (!parsed.success) throw bridgeError('workflow_input_invalid', { problem: describeIssue(parsed.error) })
    const { request: facts, payload } = parsed.data
    request.internal.facts = facts
    followTrace(facts.trace_id)
    request.event = { payload, facts }
  }

  async function answer(request: DurableRequest): Promise<void> {
    const { context, response, internal } = request
    const { facts } = internal
    if (!facts) throw new Error('the input was not read')
    const said = await context.step('answer', () => finisher.answer(facts, response))
    // the execution's own result stays with the service for days
    request.response = { answered: said }
    observer.flush()
  }

  async function refuse(request: DurableRequest): Promise<void> {
    const { context, error, internal } = request
    const { facts } = internal
    try {
      if (!facts || !isBridgeError(error)) {
        observer.count('SystemFaults')
        observer.error('workflow_failed', { execution: facts?.execution, error_name: error?.name })
        return
      }
      const said = await context.step('answer with the error', () => finisher.fail(facts, error))
      request.response = { answered: said, code: error.code }
    } finally {
      observer.flush()
    }
  }
}
