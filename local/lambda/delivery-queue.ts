import type { Clock } from '../state/index.ts'
import { requestIdOf } from './delivery-id.ts'
import { createDueWork, type DueWork } from './due-work.ts'
import type { EventStore, StoredDelivery } from './event-store.ts'
import type { FunctionCounters } from './function-counters.ts'
import type { FunctionDefinition } from './function-definition.ts'
import type { JsonValue } from './json.ts'
import type { LogEntry } from './log-entry.ts'

/** A delivery is tried this often, with these waits between; AWS publishes no number. */
export const DELIVERY_RETRY_DELAYS_MS = [1000, 2000, 4000] as const

const MAX_CONCURRENT_DELIVERIES = 16

/** On whose behalf something is delivered, and what the message attributes of a dead letter say. */
export interface DeliverySource {
  functionArn: string
  roleArn?: string | undefined
  kind: 'destination' | 'deadLetter'
  /** Message attribute `RequestID`. */
  requestId: string
  /** Message attribute `ErrorCode`, an HTTP status. */
  errorCode?: number | undefined
  /** Message attribute `ErrorMessage`, at most 1 KB. */
  errorMessage?: string | undefined
}

/** Sends to a queue or a function; resolves once it is kept there, rejects when it may not or cannot. */
export type Deliver = (targetArn: string, body: JsonValue, from: DeliverySource) => Promise<void>

/**
 * Hands over records and dead letters, at least once each: one is removed only after it has arrived. A record that
 * cannot be delivered is counted, and its event goes to the dead-letter queue, if there is one.
 */
export function createDeliveryQueue(options: {
  store: EventStore
  clock: Clock
  deliver: Deliver
  definitionOf: (functionName: string) => FunctionDefinition | undefined
  countersOf: (functionName: string) => FunctionCounters | undefined
  log: (entry: LogEntry) => void
  onSettled: () => void
  isClosed: () => boolean
}): DueWork<StoredDelivery> {
  const { store, clock, deliver, definitionOf, countersOf, log, isClosed } = options

  async function run(delivery: StoredDelivery): Promise<number | undefined> {
    try {
      await send(delivery)
    } catch (error) {
      // A target that closes together with this service did not refuse anything.
      return isClosed() ? undefined : failed(delivery, error)
    }
    store.finishDelivery(delivery)
    return undefined
  }

  async function send({ functionName, targetArn, bodyJson, kind, requestId, errorCode, errorMessage }: StoredDelivery) {
    const definition = definitionOf(functionName)
    if (!definition) throw new Error(`the function ${functionName} is not defined any more`)
    const { functionArn, roleArn } = definition
    const from = { functionArn, roleArn, kind, requestId: requestIdOf(requestId) }
    await deliver(targetArn, JSON.parse(bodyJson), kind === 'deadLetter' ? { ...from, errorCode, errorMessage } : from)
  }

  function failed(delivery: StoredDelivery, error: unknown): number | undefined {
    const { functionName, requestId, kind, targetArn, tries } = delivery
    const reason = `${kind} ${targetArn}: ${error instanceof Error ? error.message : String(error)}`
    const delayMs = DELIVERY_RETRY_DELAYS_MS[tries]
    if (delayMs !== undefined) {
      const dueAtMs = clock.nowMs() + delayMs
      log({ level: 'warn', code: 'DELIVERY_RETRIED', message: reason, functionName, requestId })
      store.postponeDelivery({ ...delivery, tries: tries + 1, dueAtMs })
      return dueAtMs
    }

    log({ level: 'error', code: 'DELIVERY_FAILED', message: reason, functionName, requestId })
    const counters = countersOf(functionName)
    if (counters) counters[kind === 'deadLetter' ? 'deadLetterErrors' : 'destinationDeliveryFailures'] += 1
    const deadLetter = deadLetterOf(delivery)
    store.finishDelivery(delivery, deadLetter)
    if (deadLetter) work.offer(deadLetter)
    return undefined
  }

  function deadLetterOf(delivery: StoredDelivery): StoredDelivery | undefined {
    const targetArn = definitionOf(delivery.functionName)?.deadLetterArn
    if (delivery.eventJson === undefined || targetArn === undefined) return undefined
    const { eventJson } = delivery
    const dueAtMs = clock.nowMs()
    return { ...delivery, kind: 'deadLetter', targetArn, bodyJson: eventJson, eventJson: undefined, tries: 0, dueAtMs }
  }

  const work = createDueWork<StoredDelivery>({
    clock,
    limit: () => MAX_CONCURRENT_DELIVERIES,
    keyOf: ({ requestId, kind }) => `${kind} ${requestId}`,
    load: (nowMs, count) => store.dueDeliveries(nowMs, count),
    nextDueMs: (nowMs) => store.nextDeliveryDueMs(nowMs),
    run,
    onError({ functionName, requestId }, error) {
      log({ level: 'error', code: 'STATE_FAILED', message: String(error), functionName, requestId })
    },
    onSettled: options.onSettled,
  })
  return work
}
