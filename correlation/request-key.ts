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

/** Characters of the hash in the name of an execution: 160 bits, so that no two requests share one. */
const EXECUTION_HASH_CHARACTERS = 40

/** The name of the execution that answers a request: the same for all its starters, another one after it has failed. */
export function executionName(key: string, generation: number): string {
  return `${sha256(key).slice(0, EXECUTION_HASH_CHARACTERS)}-${generation}`
}

/** No client id begins with it, so no key of what a device asks is one of what it is asked. */
const TO_DEVICE = '>'
/** Stands in no client id and is taken as it is in a URL. */
const ID_SEPARATOR = '~'

/** The key of a request to a device, in the same table: only that device's answer is looked for under it. */
export function deviceRequestKey(request: { clientId: string; correlationId: string }): string {
  return `${TO_DEVICE}${requestKey({ ...request, messageId: request.correlationId })}`
}

/** What names a request to a device outside of the table: `<client id>~<correlation id>`. */
export function deviceRequestId(key: string): string {
  return key.slice(TO_DEVICE.length).replace('#', ID_SEPARATOR)
}

/** The key of such a name; undefined when it names no request to a device. */
export function parseDeviceRequestId(id: string): string | undefined {
  const [, clientId, correlation] = /^([A-Za-z0-9:_-]{1,128})~([0-9a-f-]{36}|[0-9a-f]{64})$/.exec(id) ?? []
  return clientId === undefined ? undefined : `${TO_DEVICE}${clientId}#${correlation}`
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
