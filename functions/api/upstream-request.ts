import { type ApiRequestProxy, bridgeError, type DeviceRecord } from '#contract/index.ts'
import { uuidV5 } from '../shared/index.ts'

/** Bounds of what a device may add; servers commonly end at 8 KB of headers. */
const HEADER_LIMITS = { count: 64, bytes: 8 * 1024 } as const

/** Namespace of idempotency keys. Never changes: the key of a repeat depends on it. */
const IDEMPOTENCY_NAMESPACE = 'a3b9f2c4-2f0e-4f1c-8d55-6f3f5f0b9f42'
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const JSON_TYPE = /^[^;]*[/+]json\s*(?:;|$)/i

/** Headers of one connection. https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'proxy-connection',
])
/**
 * What the bridge itself says (who asks, where to, how long the body is), what would get round a role's methods and paths, and
 * the encodings of the answer, which is decoded here.
 */
const OWN = new Set(
  (
    'authorization cookie host forwarded content-length expect accept-encoding idempotency-key x-real-ip x-client-ip true-client-ip ' +
    'x-http-method x-http-method-override x-method-override x-original-url x-rewrite-url'
  ).split(' '),
)
const OWN_PREFIXES = ['x-forwarded-', 'x-bridge-', 'proxy-']

/**
 * The headers of a forwarded request: the device's own without those that are not its to set, then who it is and a key that is the
 * same for all repeats. Throws invalid_payload.
 */
export function upstreamHeaders(
  given: Readonly<Record<string, string>>,
  sender: { device: DeviceRecord; requestKey: string },
): Headers {
  const entries = Object.entries(given).map(([name, value]) => [name.toLowerCase(), value] as const)
  const bytes = entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  if (entries.length > HEADER_LIMITS.count || bytes > HEADER_LIMITS.bytes) {
    const limits = `${HEADER_LIMITS.count} headers of ${HEADER_LIMITS.bytes} bytes together`
    throw invalid(`headers: expected at most ${limits}, got ${entries.length} of ${bytes}`)
  }
  const named = entries.filter(([name]) => name === 'connection').flatMap(([, value]) => value.toLowerCase().split(','))
  const dropped = new Set(named.map((name) => name.trim()))
  const headers = new Headers()
  for (const [name, value] of entries) {
    if (!NAME.test(name)) throw invalid('headers: expected names of letters, digits and hyphens')
    if (!VALUE.test(value)) throw invalid(`headers.${name}: expected text without line breaks and control characters`)
    if (!isReserved(name) && !dropped.has(name)) headers.set(name, value)
  }
  const { client_id, organization_id } = sender.device
  headers.set('x-bridge-client-id', client_id)
  if (organization_id !== undefined) headers.set('x-bridge-organization-id', organization_id)
  headers.set('idempotency-key', uuidV5(IDEMPOTENCY_NAMESPACE, sender.requestKey))
  return headers
}

/**
 * The body as it is sent, its content type put into the headers. A string for which the device names a content type goes out as it is;
 * everything else goes out as JSON. Throws invalid_payload for a body with GET or HEAD, and for one that is no
 * string but named as something else than JSON.
 */
export function upstreamBody(method: string, body: ApiRequestProxy['body'], headers: Headers): string | undefined {
  if (body === null) return undefined
  if (method === 'GET' || method === 'HEAD') throw invalid(`body: expected none with method ${method}`)
  const contentType = headers.get('content-type')
  if (contentType === null) headers.set('content-type', 'application/json')
  else if (typeof body === 'string') return body
  else if (!JSON_TYPE.test(contentType)) throw invalid('body: expected a string for a content type other than JSON')
  return JSON.stringify(body)
}

/** Tells whether an answer or a body of this content type is JSON. */
export function isJsonType(contentType: string | null): boolean {
  return contentType !== null && JSON_TYPE.test(contentType)
}

/** Gateways of the CGI kind read `X_Bridge_Client_Id` as `X-Bridge-Client-Id`. */
function isReserved(given: string): boolean {
  const name = given.replaceAll('_', '-')
  return HOP_BY_HOP.has(name) || OWN.has(name) || OWN_PREFIXES.some((prefix) => name.startsWith(prefix))
}

function invalid(problem: string): Error {
  return bridgeError('invalid_payload', { problem })
}
