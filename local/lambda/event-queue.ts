import type { Clock } from '../state/index.ts'
import { requestIdOf } from './delivery-id.ts'
import { type DestinationCondition, destinationRecordJson } from './destination-record.ts'
import { createDueWork, type DueWork } from './due-work.ts'
import type { EventStore, StoredDelivery, StoredEvent } from './event-store.ts'
import type { FunctionCounters } from './function-counters.ts'
import type { CheckedAsyncSettings, FunctionDefinition } from './function-definition.ts'
import { LambdaError } from './lambda-error.ts'
import type { LogEntry } from './log-entry.ts'
import type { Outcome } from './worker-pool.ts'

/** Waits before the second and the third attempt. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
export const RETRY_DELAYS_MS = [60_000, 120_000] as const
/** Waits after a system error: doubled each time between these. Same page. */
export const SYSTEM_RETRY_MS = { min: 1000, max: 300_000 } as const

// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
const DEAD_LETTER_MESSAGE_BYTES = 1024

/** The asynchronous events of one function, worked on from the store. */
export function createEventQueue(options: {
  /** As it is now: a function may be defined anew while its events are worked on. */
  definition: () => FunctionDefinition
  settings: () => CheckedAsyncSettings
  /** How many events may run at a time. */
  limit: () => number
  store: EventStore
  counters: FunctionCounters
  clock: Clock
  log: (entry: LogEntry) => void
  invoke: (event: { requestId: string; eventJson: string }) => Promise<Outcome>
  /** Deliveries that have been stored. */
  onDeliveries: (deliveries: readonly StoredDelivery[]) => void
  onSettled: () => void
}): DueWork<StoredEvent> {
  const { definition, settings, store, counters, clock, log } = options
  const { functionName, functionArn } = definition()

  /** Resolves to the time of the next attempt, if there is to be one. */
  async function run(event: StoredEvent): Promise<number | undefined> {
    if (clock.nowMs() >= expiresAtMs(event)) return finish(event, 'EventAgeExceeded')

    let outcome: Outcome
    try {
      outcome = await options.invoke({ requestId: requestIdOf(event.requestId), eventJson: event.payloadJson })
    } catch (error) {
      return refused(event, error)
    }
    const attempted = { ...event, attempts: event.attempts + 1 }
    if (outcome.ok) return finish(attempted, 'Success', outcome)
    if (attempted.attempts > settings().maximumRetryAttempts) return finish(attempted, 'RetriesExhausted', outcome)
    return postpone(attempted, RETRY_DELAYS_MS[event.attempts] ?? RETRY_DELAYS_MS[1])
  }

  function refused(event: StoredEvent, error: unknown): number | undefined {
    const code = error instanceof LambdaError ? error.code : undefined
    // The event stays as it is: whoever opens the state next takes up this very attempt.
    if (code === 'ServiceClosed') return undefined
    // A function switched off gets no retries: its events go where failures go, at once. One that is only busy is tried again.
    if (code === 'TooManyRequestsException' && options.limit() === 0) return finish(event, 'RetriesExhausted')

    const delayMs = Math.min(SYSTEM_RETRY_MS.min * 2 ** event.delays, SYSTEM_RETRY_MS.max)
    const requestId = requestIdOf(event.requestId)
    const message = `Tried again in ${delayMs / 1000} s: ${error instanceof Error ? error.message : String(error)}`
    log({ level: 'warn', code: 'EVENT_DELAYED', message, functionName, requestId })
    return postpone({ ...event, delays: event.delays + 1 }, delayMs)
  }

  function postpone(event: StoredEvent, delayMs: number): number {
    const dueAtMs = Math.min(clock.nowMs() + delayMs, expiresAtMs(event))
    store.postponeEvent({ ...event, dueAtMs })
    return dueAtMs
  }

  function finish(event: StoredEvent, condition: DestinationCondition, outcome?: Outcome): undefined {
    const deliveries = deliveriesOf(event, condition, outcome)
    store.finishEvent(event.requestId, deliveries)
    if (condition !== 'Success') {
      counters.asyncEventsDropped += 1
      const requestId = requestIdOf(event.requestId)
      const message = `${condition} after ${event.attempts} attempts; goes to ${deliveries.length} targets`
      log({ level: 'warn', code: 'EVENT_DROPPED', message, functionName, requestId })
    }
    options.onDeliveries(deliveries)
  }

  function deliveriesOf(event: StoredEvent, condition: DestinationCondition, outcome?: Outcome): StoredDelivery[] {
    const { requestId, payloadJson } = event
    const nowMs = clock.nowMs()
    const { onSuccessArn, onFailureArn } = settings()
    const { deadLetterArn } = definition()
    const delivery = { requestId, functionName, eventJson: undefined, tries: 0, dueAtMs: nowMs }
    const error = { errorCode: errorCodeOf(condition, outcome), errorMessage: errorMessageOf(outcome) }
    const deliveries: StoredDelivery[] = []

    const recordArn = condition === 'Success' ? onSuccessArn : onFailureArn
    if (recordArn) {
      const about = { requestId: requestIdOf(requestId), payloadJson, functionArn, invokeCount: event.attempts }
      const bodyJson = destinationRecordJson(about, { condition, outcome, nowMs })
      const eventJson = condition === 'Success' && deadLetterArn ? payloadJson : undefined
      deliveries.push({ ...delivery, ...error, kind: 'destination', targetArn: recordArn, bodyJson, eventJson })
    }
    if (condition !== 'Success' && deadLetterArn) {
      deliveries.push({ ...delivery, ...error, kind: 'deadLetter', targetArn: deadLetterArn, bodyJson: payloadJson })
    }
    return deliveries
  }

  function expiresAtMs(event: StoredEvent): number {
    return event.enqueuedAtMs + settings().maximumEventAgeSeconds * 1000
  }

  return createDueWork<StoredEvent>({
    clock,
    limit: () => Math.max(1, options.limit()),
    keyOf: (event) => event.requestId,
    load: (nowMs, count) => store.dueEvents(functionName, nowMs, count),
    nextDueMs: (nowMs) => store.nextEventDueMs(functionName, nowMs),
    run,
    onError({ requestId }, error) {
      log({ level: 'error', code: 'STATE_FAILED', message: String(error), functionName, requestId })
    },
    onSettled: options.onSettled,
  })
}

// "The HTTP status code": 200 for an error of the function, 429 for one that may not run.
function errorCodeOf(condition: DestinationCondition, outcome: Outcome | undefined): number | undefined {
  if (condition === 'Success' || condition === 'EventAgeExceeded') return undefined
  return outcome ? 200 : 429
}

function errorMessageOf(outcome: Outcome | undefined): string | undefined {
  if (!outcome || outcome.ok) return undefined
  const bytes = Buffer.from(outcome.error.errorMessage)
  // A character cut in half becomes a replacement character, which is dropped.
  return bytes
    .subarray(0, DEAD_LETTER_MESSAGE_BYTES)
    .toString()
    .replace(/\uFFFD$/, '')
}
