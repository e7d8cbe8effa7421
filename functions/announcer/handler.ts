import * as z from 'zod'
import { type BridgeEvent, bridgeError, bridgeEventSchema, describeIssue, isErrorCode } from '#contract/index.ts'
import type { Observer } from '../shared/observability.ts'
import { presenceEvents } from './presence-events.ts'
import { requestEvents } from './request-events.ts'
import { type StreamRecord, streamRecordSchema, tableOf } from './stream-event.ts'

export interface AnnouncerDependencies {
  correlationTable: string
  presenceTable: string
  /** Puts at most {@link PUT_AT_ONCE} events on the bus; the error code of each, undefined for those that are there. Rejects when all failed. */
  put(events: readonly BridgeEvent[]): Promise<(string | undefined)[]>
  observer: Observer
}

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
export const PUT_AT_ONCE = 10
/** An entry that failed by chance is put once more before its record is read again. */
const TRIES = 2

const batchSchema = z.object({ Records: z.array(z.unknown()) })
/** Put back by hand. */
const directSchema = z.object({ events: z.array(bridgeEventSchema).min(1) })

interface BatchResponse {
  batchItemFailures: { itemIdentifier: string }[]
}

/**
 * Tells others what the tables' streams say, in their order. What the bus does not take is the first item that failed of the batch: Lambda hands it over again with all
 * that follows, until the stream drops it a day later, so nothing is lost while the bus is out of reach, and some events come twice under one id.
 * Throws event_not_announced for events that were put back by hand.
 */
export function createAnnouncer(
  dependencies: AnnouncerDependencies,
): (event: unknown) => Promise<BatchResponse | null> {
  const { observer, correlationTable, presenceTable } = dependencies

  return async (event) => {
    try {
      const batch = batchSchema.safeParse(event).data
      return batch ? await announceBatch(batch.Records) : await announceDirectly(event)
    } finally {
      observer.flush()
    }
  }

  async function announceBatch(records: readonly unknown[]): Promise<BatchResponse> {
    const entries = records.flatMap((given) => {
      const record = streamRecordSchema.safeParse(given)
      if (record.success) {
        const sequence = record.data.dynamodb.SequenceNumber
        return eventsOf(record.data).map((event) => ({ sequence, event }))
      }
      // what no table of ours can have written would hold up everything after it
      fault('record_unreadable', { reason: describeIssue(record.error) })
      return []
    })
    for (let index = 0; index < entries.length; index += PUT_AT_ONCE) {
      const chunk = entries.slice(index, index + PUT_AT_ONCE)
      const failed = await firstFailed(chunk.map(({ event }) => event))
      const sequence = failed === undefined ? undefined : chunk[failed]?.sequence
      if (sequence !== undefined) return { batchItemFailures: [{ itemIdentifier: sequence }] }
    }
    return { batchItemFailures: [] }
  }

  async function announceDirectly(event: unknown): Promise<null> {
    const parsed = directSchema.safeParse(event)
    if (!parsed.success) throw bridgeError('event_not_announced', { problem: describeIssue(parsed.error) })
    for (let index = 0; index < parsed.data.events.length; index += PUT_AT_ONCE) {
      const failed = await firstFailed(parsed.data.events.slice(index, index + PUT_AT_ONCE))
      if (failed !== undefined) throw bridgeError('event_not_announced', { problem: 'the bus did not take it' })
    }
    return null
  }

  function eventsOf(record: StreamRecord): BridgeEvent[] {
    const table = tableOf(record)
    if (table === correlationTable) return requestEvents(record)
    return table === presenceTable ? presenceEvents(record) : []
  }

  /** The index of the first event that is not on the bus in the end. */
  async function firstFailed(events: readonly BridgeEvent[]): Promise<number | undefined> {
    let left = events.map((event, index) => ({ event, index }))
    let code: string | undefined
    for (let attempt = 0; attempt < TRIES && left.length > 0; attempt += 1) {
      const results = await dependencies.put(left.map(({ event }) => event)).catch((error: unknown) => {
        const name = error instanceof Error ? error.name : 'unknown'
        return left.map((): string | undefined => name)
      })
      code = results.find((one) => one !== undefined)
      left = left.filter((_, index) => results[index] !== undefined)
    }
    observer.count('EventsAnnounced', events.length - left.length)
    const [first] = left
    if (first) fault('event_not_announced', { type: first.event.type, cause: code })
    return first?.index
  }

  function fault(event: string, fields: Record<string, unknown>): void {
    observer.count('SystemFaults', 1, isErrorCode(event) ? { code: event } : {})
    observer.error(event, fields)
  }
}
