import type { Execution } from './execution.ts'
import { type HistoryEvent, seconds } from './history-event.ts'
import type { ErrorObject, Operation } from './operation.ts'

/** Adds an event about an operation. `details` become the member that the API names after the type of the event. */
export function record(
  execution: Execution,
  type: string,
  of: Operation | undefined,
  nowMs: number,
  details: Record<string, unknown> = {},
): void {
  const { facts, unsaved } = execution
  facts.events += 1
  unsaved.events.push({
    EventId: facts.events,
    EventType: type,
    EventTimestamp: seconds(nowMs),
    ...(of && { Id: of.id, ParentId: of.parentId, Name: of.name, SubType: of.subType }),
    [`${type}Details`]: details,
  })
}

export function resultDetails(result: string | undefined): Record<string, unknown> {
  return { Result: result === undefined ? {} : { Payload: result } }
}

export function errorDetails(error: ErrorObject | undefined): Record<string, unknown> {
  return { Error: error === undefined ? {} : { Payload: error } }
}

/** The event without what passed through the execution. */
export function withoutData(event: HistoryEvent): HistoryEvent {
  return JSON.parse(JSON.stringify(event), (key, value) => {
    const isData = (key === 'Input' || key === 'Result' || key === 'Error') && value?.Payload !== undefined
    return isData ? { Truncated: true } : value
  })
}
