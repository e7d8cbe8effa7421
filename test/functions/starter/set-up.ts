import type { WorkflowInput } from '#contract/index.ts'
import { type CorrelationStore, createMemoryStore } from '#correlation/index.ts'
import { bridgeHandler } from '#functions/shared/index.ts'
import { createStarterRoutes } from '#functions/starter/handler.ts'
import type { StartExecution } from '#functions/starter/start-execution.ts'
import { lambdaContext } from '../../fixtures/lambda-context.ts'
import { createRecordingObserver } from '../../fixtures/recording-observer.ts'
import { CLIENT_ID, NOW_MS, ruleEvent, sentEnvelope } from '../../fixtures/rule-event.ts'

export const TARGET = { arn: 'arn:aws:lambda:eu-west-1:123456789012:function:bridge-review:live', running_seconds: 600 }
export const PRIVATE = `jamey/responses/${CLIENT_ID}`
export const PAYLOAD = { action: 'delete all data', context: 'nobody asked', user_id: null }

/** A request as the topic rule brings it, sent again with the same correlation id. */
export function reviewEvent(payload: unknown = PAYLOAD, changes: Parameters<typeof ruleEvent>[1] = {}) {
  const envelope = sentEnvelope(payload, { topic: 'jamey/conscience/review' })
  return ruleEvent(envelope, { topic: 'jamey/conscience/review', ...changes })
}

/** The starter with real parts; what it starts is kept. */
export function createStarter(
  options: { start?: StartExecution; store?: (inner: CorrelationStore) => CorrelationStore; isKnown?: boolean } = {},
) {
  let nowMs = NOW_MS
  const started: WorkflowInput[] = []
  const observer = createRecordingObserver()
  const inner = createMemoryStore({ keptSeconds: 3_600, nowMs: () => nowMs })
  const routes = createStarterRoutes({
    workflows: options.isKnown === false ? {} : { review: TARGET },
    async start(workflow, target, input) {
      started.push(input)
      await options.start?.(workflow, target, input)
    },
    observer,
  })
  const handler = bridgeHandler(routes, {
    settings: { root: 'jamey', sharedReplies: [] },
    correlation: options.store?.(inner) ?? inner,
    observer,
    component: 'starter',
    nowMs: () => nowMs,
  })
  let attempts = 0
  return {
    started,
    observer,
    correlation: inner,
    pass(ms: number) {
      nowMs += ms
    },
    invoke(event: unknown = reviewEvent(), owner?: string) {
      attempts += 1
      return handler(event, lambdaContext(owner ?? `attempt-${attempts}`))
    },
  }
}
