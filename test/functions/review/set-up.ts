import type { DurableLambdaHandler } from '@aws/durable-execution-sdk-js'
import { LocalDurableTestRunner } from '@aws/durable-execution-sdk-js-testing'
import type { DeviceRequestInput, PublishCommand, WorkflowInput } from '#contract/index.ts'
import { type CorrelationStore, createMemoryStore } from '#correlation/index.ts'
import type { Judgement } from '#functions/conscience/evaluator.ts'
import { createReview } from '#functions/review/handler.ts'
import { createFinisher } from '#functions/shared/finish-request.ts'
import { workflowHandler } from '#functions/shared/workflow-handler.ts'
import { createRecordingObserver } from '../../fixtures/recording-observer.ts'
import { CLIENT_ID, CORRELATION_ID, MESSAGE_ID, NOW_MS } from '../../fixtures/rule-event.ts'

export const PRIVATE = `jamey/responses/${CLIENT_ID}`
export const OPERATOR = 'operator-1'
export const DECISION_SECONDS = 3_600
export const WEIGHTY: Judgement = {
  moral_score: -0.9,
  approved: false,
  applied_rules: ['Do no harm'],
  explanation: 'it harms',
}
export const KEY = `${CLIENT_ID}#${CORRELATION_ID}`
export const EXECUTION = { key: KEY, requestHash: 'hash', execution: 'abc-0', generation: 0 }

export const INPUT: WorkflowInput = {
  request: {
    execution: 'abc-0',
    request_key: KEY,
    request_hash: 'hash',
    generation: 0,
    topic_key: 'conscience/review',
    client_id: CLIENT_ID,
    message_id: MESSAGE_ID,
    correlation_id: CORRELATION_ID,
    reply_topic: PRIVATE,
    received_at_ms: NOW_MS,
  },
  payload: { action: 'delete all data', context: 'nobody asked', user_id: 'u-1' },
}

/** What a device answered, as the requester hands it to the execution. */
export function deviceAnswer(answer: unknown): string {
  return JSON.stringify({ request_id: `${OPERATOR}~1`, client_id: OPERATOR, correlation_id: '1', answer })
}

/** The workflow in the SDK's own runner, with the real store and finisher; the device and the publisher are stood in for. */
export function createReviewRun(
  options: {
    judgement?: Judgement
    ask?: (request: DeviceRequestInput) => Promise<void>
    publish?: (command: PublishCommand) => Promise<void>
    correlation?: CorrelationStore
  } = {},
) {
  const asked: DeviceRequestInput[] = []
  const published: PublishCommand[] = []
  let evaluations = 0
  let ids = 0
  const observer = createRecordingObserver()
  const correlation = options.correlation ?? createMemoryStore({ keptSeconds: 3_600, nowMs: () => NOW_MS })
  const review = createReview({
    evaluator: {
      async evaluate() {
        evaluations += 1
        return options.judgement ?? WEIGHTY
      },
    },
    async ask(request) {
      asked.push(request)
      await options.ask?.(request)
    },
    operator: OPERATOR,
    decisionSeconds: DECISION_SECONDS,
  })
  const handler = workflowHandler(review, {
    finisher: createFinisher({
      root: 'jamey',
      correlation,
      async publish(command) {
        await options.publish?.(command)
        published.push(command)
      },
      observer,
      component: 'review',
      nowMs: () => NOW_MS,
      newId: () => {
        ids += 1
        return `00000000-0000-4000-8000-${String(ids).padStart(12, '0')}`
      },
    }),
    observer,
  })
  const runner = new LocalDurableTestRunner({ handlerFunction: handler as DurableLambdaHandler })
  return {
    asked,
    published,
    observer,
    correlation,
    runner,
    evaluations: () => evaluations,
    /** Claims and hands over as the starter does, then runs. */
    async run(input: unknown = INPUT) {
      const claimed = await correlation.claim({ key: KEY, requestHash: 'hash', owner: 'starter', leaseMs: 12_000 })
      if (claimed.state === 'claimed') await correlation.handOver(claimed.claim, 'abc-0', 600)
      return runner.run({ payload: input })
    },
    /** What the requester was told: the only message, and its payload. */
    answer() {
      const [command] = published
      const [message] = command?.publish ?? []
      return { topic: message?.topic, metadata: message?.envelope.metadata, payload: message?.envelope.payload }
    },
  }
}
