import type { JsonValue } from '../lambda/index.ts'
import type { EventBridge } from './event-bridge.ts'
import { busNameOf, DEFAULT_BUS } from './rules.ts'

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html */
export interface PutEntry {
  readonly Source?: unknown
  readonly DetailType?: unknown
  readonly Detail?: unknown
  readonly Resources?: unknown
  readonly EventBusName?: unknown
  /** Seconds since the epoch. */
  readonly Time?: unknown
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html: of one entry. */
export const MAX_ENTRY_BYTES = 256 * 1024
/** Bytes that a time counts. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html */
const TIME_BYTES = 14

type Result = { EventId: string } | { ErrorCode: string; ErrorMessage: string }

/** Puts one entry of a request; what is wrong with it is its own result. */
export function putEntry(entry: PutEntry, bridge: EventBridge): Result {
  const { Source, DetailType, Detail, Resources, EventBusName, Time } = entry
  const resources = Array.isArray(Resources) ? Resources.map(String) : []
  for (const [name, value] of Object.entries({ Source, DetailType, Detail })) {
    if (typeof value !== 'string' || value === '') {
      return failed('InvalidArgument', `Parameter ${name} is not valid. Reason: ${name} is a required argument.`)
    }
  }
  const [source, detailType, detailText] = [String(Source), String(DetailType), String(Detail)]
  if (source.startsWith('aws.')) return failed('NotAuthorizedForSourceException', 'Not authorized for the source.')
  const busName = busNameOf(String(EventBusName ?? DEFAULT_BUS))
  if (!bridge.registry.buses.has(busName)) {
    return failed('ResourceNotFoundException', `Event bus ${busName} does not exist.`)
  }
  const texts = [source, detailType, detailText, ...resources]
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), Time === undefined ? 0 : TIME_BYTES)
  if (bytes > MAX_ENTRY_BYTES) {
    return failed('InvalidArgument', `Total size of the entry is ${bytes} bytes; at most ${MAX_ENTRY_BYTES}`)
  }
  const detail = objectIn(detailText)
  if (!detail) return failed('MalformedDetail', 'Detail is malformed.')
  const timeMs = typeof Time === 'number' ? Time * 1_000 : undefined
  return { EventId: bridge.put({ source, detailType, detail, resources, timeMs, busName }) }
}

function failed(ErrorCode: string, ErrorMessage: string): Result {
  return { ErrorCode, ErrorMessage }
}

function objectIn(text: string): Record<string, JsonValue> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = value !== null && typeof value === 'object' && !Array.isArray(value)
    return isObject ? (value as Record<string, JsonValue>) : undefined
  } catch {
    return undefined
  }
}
