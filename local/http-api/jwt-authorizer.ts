import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import jwt from 'jsonwebtoken'

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html */
export interface JwtAuthorizer {
  /** Name of the header, in lower case. */
  headerName: string
  issuer: string
  /** One of them must be in `aud`, or be `client_id`. */
  audience: readonly string[]
}

export interface JwtCaller {
  /** As a function sees them: texts. */
  claims: Readonly<Record<string, string>>
  scopes: readonly string[] | null
}

export type JwtDecision = JwtCaller | 'unauthorized' | 'forbidden'

type Claims = Readonly<Record<string, unknown>>

/** Same page: keys are kept for up to two hours. */
const KEYS_CACHED_MS = 2 * 60 * 60 * 1_000
/** A key that is unknown is not looked for again within this. AWS gives no number. */
const REFETCH_PAUSE_MS = 10_000
const FETCH_TIMEOUT_MS = 1_500
/** "only RSA-based algorithms" */
const ALGORITHMS = ['RS256', 'RS384', 'RS512'] as const

/** Verifies tokens with the keys that their issuer publishes. */
export function createJwtVerifier(nowMs: () => number, fetchJson: (url: string) => Promise<unknown> = fetchDocument) {
  const cached = new Map<string, { keys: ReadonlyMap<string, KeyObject>; atMs: number }>()

  async function keyOf(issuer: string, keyId: string): Promise<KeyObject | undefined> {
    const known = cached.get(issuer)
    const ageMs = known === undefined ? Number.POSITIVE_INFINITY : nowMs() - known.atMs
    const key = known?.keys.get(keyId)
    if (ageMs < REFETCH_PAUSE_MS || (key && ageMs < KEYS_CACHED_MS)) return key
    const keys = await readKeys(issuer, fetchJson)
    cached.set(issuer, { keys, atMs: nowMs() })
    return keys.get(keyId)
  }

  /** Why a token is refused is told to nobody but the log. */
  return async (authorizer: JwtAuthorizer, header: string | undefined, scopes: readonly string[]) => {
    const token = header?.replace(/^Bearer /i, '')
    if (token === undefined) return { decision: 'unauthorized' as const, reason: 'there is no token' }
    try {
      const keyId = jwt.decode(token, { complete: true })?.header.kid
      const key = keyId === undefined ? undefined : await keyOf(authorizer.issuer, keyId)
      if (!key) return { decision: 'unauthorized' as const, reason: `the issuer has no key ${keyId}` }
      const claims = jwt.verify(token, key, {
        algorithms: [...ALGORITHMS],
        issuer: authorizer.issuer,
        clockTimestamp: Math.floor(nowMs() / 1_000),
      }) as Claims
      return decide(claims, authorizer, scopes, nowMs())
    } catch (error) {
      return { decision: 'unauthorized' as const, reason: error instanceof Error ? error.message : String(error) }
    }
  }
}

function decide(
  claims: Claims,
  { audience }: JwtAuthorizer,
  wanted: readonly string[],
  nowMs: number,
): { decision: JwtDecision; reason?: string } {
  const given = [claims.aud ?? claims.client_id ?? []].flat()
  if (!given.some((one) => audience.includes(String(one))))
    return { decision: 'unauthorized', reason: 'another audience' }
  if (typeof claims.exp !== 'number') return { decision: 'unauthorized', reason: 'it has no end' }
  if (typeof claims.iat === 'number' && claims.iat * 1_000 > nowMs) {
    return { decision: 'unauthorized', reason: 'it is of the future' }
  }
  const text = claims.scope ?? claims.scp
  const scopes = text === undefined ? null : Array.isArray(text) ? text.map(String) : String(text).split(' ')
  if (wanted.length > 0 && !wanted.some((scope) => scopes?.includes(scope))) {
    return { decision: 'forbidden', reason: 'it has none of the scopes' }
  }
  return {
    decision: {
      claims: Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, asText(value)])),
      scopes,
    },
  }
}

/** Lists stand in brackets, without commas. */
function asText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(asText).join(' ')}]`
  return typeof value === 'string' ? value : JSON.stringify(value)
}

async function readKeys(
  issuer: string,
  fetchJson: (url: string) => Promise<unknown>,
): Promise<ReadonlyMap<string, KeyObject>> {
  const { jwks_uri } = Object(await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`))
  const { keys } = Object(await fetchJson(String(jwks_uri)))
  const readable = (Array.isArray(keys) ? keys : []).filter(({ kty, kid }) => kty === 'RSA' && typeof kid === 'string')
  return new Map(readable.map((key: JsonWebKey) => [String(key.kid), createPublicKey({ key, format: 'jwk' })]))
}

async function fetchDocument(url: string): Promise<unknown> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) })
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`)
  return answer.json()
}
