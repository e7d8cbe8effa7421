import { createHash } from 'node:crypto'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * The key of a request: `client_id#correlation_id`, or the message id where there is none. What is no UUID is hashed: it bounds the key
 * and keeps `#` out of it.
 */
export function requestKey(request: { clientId: string; correlationId: string | null; messageId: string }): string {
  const id = request.correlationId ?? request.messageId
  return `${request.clientId}#${UUID.test(id) ? id.toLowerCase() : sha256(id)}`
}

/** SHA-256 of topic and payload; the order of object keys does not matter. A repeat's new `message_id` and time do not count. */
export function requestHash(topic: string, payload: unknown): string {
  return sha256(`${topic}\n${canonicalJson(payload)}`)
}

/** JSON with object keys in code unit order. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
