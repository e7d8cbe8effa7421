/**
 * What follows a message over all hops: a W3C `traceparent`, in the metadata of its envelope and as MQTT 5 user property.
 * https://www.w3.org/TR/trace-context/#traceparent-header
 */
export const TRACEPARENT = 'traceparent'

const PATTERN = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const SPAN_DIGITS = 16
/** Version 00, and the flag that says the trace is recorded. */
const VERSION = '00'
const FLAGS = '01'

/** The trace id in a `traceparent`: 32 hexadecimal digits. Undefined for anything that is none, which never harms a message. */
export function traceIdOf(traceparent: unknown): string | undefined {
  return typeof traceparent === 'string' ? PATTERN.exec(traceparent)?.[1] : undefined
}

/** The trace that begins with a message or connection of this UUID. Undefined for another text. */
export function traceIdOfUuid(uuid: string | undefined): string | undefined {
  return uuid !== undefined && UUID.test(uuid) ? uuid.replaceAll('-', '').toLowerCase() : undefined
}

/** The `traceparent` of a message in a trace: the message itself, by its UUID, is the span. */
export function traceparentOf(traceId: string, messageId: string): string {
  return `${VERSION}-${traceId}-${messageId.replaceAll('-', '').slice(0, SPAN_DIGITS).toLowerCase()}-${FLAGS}`
}
