export { createEventSources, type EventSources } from './event-sources.ts'
export type { EventSourceMapping } from './mapping.ts'
export { EVENT_SOURCE_PARITY } from './parity.ts'
