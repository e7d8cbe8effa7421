import { TRACEPARENT, traceIdOf, traceIdOfUuid } from '#contract/trace-context.ts'
import type { Message } from '../broker/index.ts'

/** Any of them in JSON, also in JSON that is a text in JSON. The sender's own word comes first, the broker's id last. */
const IN_JSON = [
  /traceparent\\*"\s*:\s*\\*"([0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})/,
  /trace_id\\*"\s*:\s*\\*"([0-9a-f]{32})\\*"/,
  /broker_trace_id\\*"\s*:\s*\\*"([0-9a-f-]{36})\\*"/,
  // what an authorizer is asked: the trace of a connection is that of its id
  /connectionMetadata\\*"\s*:\s*\{\\*"id\\*"\s*:\s*\\*"([0-9a-f-]{36})\\*"/,
] as const
/** Room for the key, quotes and value of a traceparent. */
const EXCERPT_BYTES = 120

const known = new WeakMap<Message, string>()

/** The trace that an event belongs to, as far as its text tells. */
export function traceIdOfJson(text: string): string | undefined {
  for (const pattern of IN_JSON) {
    const found = pattern.exec(text)?.[1]
    const traceId = found && (traceIdOf(found) ?? traceIdOfUuid(found) ?? (found.length === 32 ? found : undefined))
    if (traceId) return traceId
  }
  return undefined
}

/**
 * The trace of a message at the broker: by its user property, else by its envelope, else the one that begins with the broker's own id.
 * Undefined for a stored message that says nothing.
 */
export function traceIdOfMessage(message: Message & { traceId?: string }): string | undefined {
  const before = known.get(message)
  if (before !== undefined) return before
  const property = message.properties.userProperties?.find(([name]) => name === TRACEPARENT)?.[1]
  const traceId = traceIdOf(property) ?? traceIdInEnvelope(message.payload) ?? traceIdOfUuid(message.traceId)
  if (traceId !== undefined) known.set(message, traceId)
  return traceId
}

/** The metadata stands last in an envelope. */
function traceIdInEnvelope(payload: Buffer): string | undefined {
  const at = payload.lastIndexOf(`"${TRACEPARENT}"`)
  return at < 0 ? undefined : traceIdOfJson(payload.toString('latin1', at, at + EXCERPT_BYTES))
}
