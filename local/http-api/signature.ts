import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { GatewayRequest } from './event.ts'

/** How far the clock of a signer may be off. */
const MAX_SKEW_MS = 5 * 60 * 1_000
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 +Credential=[^/,\s]+\/(?<scope>(?<day>\d{8})\/(?<region>[\w-]+)\/(?<service>[\w-]+)\/aws4_request), *SignedHeaders=(?<names>[\w;-]+), *Signature=(?<signature>[a-f0-9]{64})$/

/**
 * Verifies Signature Version 4 in the `authorization` header: method, path, query, the signed headers (host and date among them) and the body.
 * Returns what is wrong; undefined when it fits. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signatureProblem(request: GatewayRequest, secretAccessKey: string, nowMs: number): string | undefined {
  const { headers } = request
  const parts = AUTHORIZATION.exec(headers.authorization ?? '')?.groups
  const date = headers['x-amz-date']
  if (!parts || typeof date !== 'string') return 'the signature is incomplete'
  const { scope = '', day = '', region = '', service = '', names = '', signature = '' } = parts
  const signedAtMs = timeOf(date)
  if (!date.startsWith(day) || !(Math.abs(nowMs - signedAtMs) <= MAX_SKEW_MS)) return 'the signature is too old'
  const signed = names.split(';')
  if (!signed.includes('host') || !signed.includes('x-amz-date')) return 'host and date are not signed'
  const canonical = [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request.rawQuery),
    ...signed.map(
      (name) =>
        `${name}:${String(headers[name] ?? '')
          .trim()
          .replace(/ +/g, ' ')}`,
    ),
    '',
    names,
    sha256(request.body),
  ].join('\n')
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${secretAccessKey}`,
  )
  const expected = hmac(key, text)
  return timingSafeEqual(expected, Buffer.from(signature, 'hex')) ? undefined : 'the signature does not fit'
}

/** `20261121T120000Z` */
function timeOf(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

/** Encoded once more than it was sent, in its normal form: without dots and double slashes. */
function canonicalPath(path: string): string {
  const levels: string[] = []
  for (const level of path.split('/')) {
    if (level === '..') levels.pop()
    else if (level !== '' && level !== '.') levels.push(level)
  }
  const end = path.endsWith('/') && levels.length > 0 ? '/' : ''
  return `/${levels.map(encoded).join('/')}${end}`
}

function canonicalQuery(rawQuery: string): string {
  const pairs = [...new URLSearchParams(rawQuery)].map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
  return pairs.sort().join('&')
}

/** RFC 3986: everything but letters, digits and `-._~`. */
function encoded(text: string): string {
  const code = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  return encodeURIComponent(text).replace(/[!'()*]/g, code)
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
