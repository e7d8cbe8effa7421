import { type ApiResponse, bridgeError, type Json } from '#contract/index.ts'
import { isDeeperThan, MAX_ENVELOPE_LEVELS } from '../shared/index.ts'
import { HOP_BY_HOP, isJsonType } from './upstream-request.ts'

/** Largest body that is read; as base64 or escaped JSON it grows towards the 128 KB of a reply. */
export const MAX_RESPONSE_BYTES = 96 * 1024
/** Deeper JSON is answered as text: with the envelope around it, a reply stays within the levels that our readers take. */
const MAX_JSON_DEPTH = MAX_ENVELOPE_LEVELS - 4
/** Says that the body is base64 text of bytes that are no text. */
const BODY_ENCODING_HEADER = 'x-bridge-body-encoding'

/** The body stands decoded, so its encoding and length no longer hold; cookies belong to a browser. */
const DROPPED = new Set(['set-cookie', 'set-cookie2', 'content-encoding', 'content-length', BODY_ENCODING_HEADER])
const TEXT_TYPE = /^(?:text\/|application\/(?:xml|javascript|x-www-form-urlencoded|yaml|graphql)|[^;]*\+(?:xml|yaml))/i

/**
 * An upstream answer as a device gets it. The body is JSON where the content type says so and it is (down to 60 levels), text for
 * text types and for bytes that are UTF-8 without a type, and else base64 with `x-bridge-body-encoding: base64`; null when it is
 * empty. Throws upstream_response_too_large, and reads no further than the limit.
 */
export async function readResponse(response: Response): Promise<ApiResponse> {
  const bytes = await readBytes(response)
  const headers = responseHeaders(response.headers)
  const contentType = response.headers.get('content-type')
  if (bytes.length === 0) return { status: response.status, headers, body: null }
  const text = textOf(bytes, contentType)
  if (text === undefined) {
    return {
      status: response.status,
      headers: { ...headers, [BODY_ENCODING_HEADER]: 'base64' },
      body: bytes.toString('base64'),
    }
  }
  return { status: response.status, headers, body: isJsonType(contentType) ? jsonOr(text) : text }
}

async function readBytes(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let actualBytes = 0
  for await (const chunk of response.body ?? []) {
    actualBytes += chunk.length
    // leaving the loop ends the transfer
    if (actualBytes > MAX_RESPONSE_BYTES) {
      throw bridgeError('upstream_response_too_large', { limitBytes: MAX_RESPONSE_BYTES })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function responseHeaders(headers: Headers): Record<string, string> {
  const named = (headers.get('connection') ?? '').toLowerCase().split(',')
  const dropped = new Set([...DROPPED, ...HOP_BY_HOP, ...named.map((name) => name.trim())])
  return Object.fromEntries([...headers].filter(([name]) => !dropped.has(name) && !name.startsWith('proxy-')))
}

/** Undefined when the bytes are no text. */
function textOf(bytes: Buffer, contentType: string | null): string | undefined {
  if (contentType === null) return decoded(bytes, 'utf-8', true)
  if (!isJsonType(contentType) && !TEXT_TYPE.test(contentType)) return undefined
  const charset = /;\s*charset="?([\w.:-]+)/i.exec(contentType)?.[1] ?? 'utf-8'
  return decoded(bytes, charset, false) ?? decoded(bytes, 'utf-8', false)
}

function decoded(bytes: Buffer, charset: string, fatal: boolean): string | undefined {
  try {
    return new TextDecoder(charset, { fatal }).decode(bytes)
  } catch {
    return undefined
  }
}

function jsonOr(text: string): Json {
  try {
    const value = JSON.parse(text) as Json
    return isDeeperThan(value, MAX_JSON_DEPTH) ? text : value
  } catch {
    return text
  }
}
