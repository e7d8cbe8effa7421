import { traceIdOf, traceIdOfUuid } from '#contract/index.ts'
import { CommandError } from '../command-error.ts'

/** A trace id as people have it at hand: itself, a `traceparent`, or the id of the message or connection that begins it. */
export function readTraceId(text: string): string {
  const traceId = /^[0-9a-f]{32}$/.test(text) ? text : (traceIdOf(text) ?? traceIdOfUuid(text))
  if (traceId !== undefined) return traceId
  const wanted = 'a trace id (32 hexadecimal digits), a traceparent, or the UUID of a message or connection'
  throw new CommandError('usage', 'invalid_argument', `expected ${wanted}, got ${text}`)
}

/** The id that IoT Core has for a message which begins a trace. */
export function uuidOfTraceId(traceId: string): string {
  return traceId.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
