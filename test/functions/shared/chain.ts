import { expect } from 'vitest'
import { type Envelope, type Outcome, outcomeSchema } from '#contract/index.ts'
import { type CorrelationStore, createMemoryStore } from '#correlation/index.ts'
import { bridgeHandler, type Routes } from '../../../functions/shared/index.ts'
import { lambdaContext } from '../../fixtures/lambda-context.ts'
import { createRecordingObserver } from '../../fixtures/recording-observer.ts'
import { CLIENT_ID, NOW_MS } from '../../fixtures/rule-event.ts'

export const PRIVATE = `jamey/responses/${CLIENT_ID}`
export const SECRET = 'the-secret-of-the-payload'
export const EVALUATE = { action: `help ${SECRET}`, context: SECRET }
export const RESULT = { action: 'a', moral_score: 0.5, explanation: SECRET, applied_rules: [], approved: true }
export const HEARTBEAT = { client_id: CLIENT_ID, timestamp: '2026-11-21T12:00:00Z' }

/** A chain with real parts; the routes, the store and the clock can be replaced. */
export function createChain(
  options: { routes?: Routes; correlation?: CorrelationStore; sharedReplies?: string[] } = {},
) {
  let nowMs = NOW_MS
  let ids = 0
  let runs = 0
  const observer = createRecordingObserver()
  const correlation = options.correlation ?? createMemoryStore({ keptSeconds: 3_600, nowMs: () => nowMs })
  const routes: Routes = options.routes ?? {
    'conscience/evaluate': async () => {
      runs += 1
      return RESULT
    },
  }
  const handler = bridgeHandler(routes, {
    settings: { root: 'jamey', sharedReplies: options.sharedReplies ?? [] },
    correlation,
    observer,
    component: 'conscience',
    nowMs: () => nowMs,
    newId: () => {
      ids += 1
      return `00000000-0000-4000-8000-${String(ids).padStart(12, '0')}`
    },
  })
  let attempts = 0
  return {
    observer,
    correlation,
    runs: () => runs,
    pass: (ms: number) => {
      nowMs += ms
    },
    invoke: (event: unknown, owner?: string) => {
      attempts += 1
      return handler(event, lambdaContext(owner ?? `attempt-${attempts}`))
    },
  }
}

/** The only message of an outcome, after the schema that the publisher reads it with. */
export function onlyMessage(outcome: Outcome) {
  const parsed = outcomeSchema.parse(JSON.parse(JSON.stringify(outcome)))
  if (parsed.outcome !== 'reply' && parsed.outcome !== 'replay')
    throw new Error(`expected a reply, got ${parsed.outcome}`)
  expect(parsed.messages).toHaveLength(1)
  const [message] = parsed.messages
  if (!message) throw new Error('unreachable')
  return message
}

export const codeOf = (envelope: Envelope) => (envelope.payload as { code?: unknown }).code
