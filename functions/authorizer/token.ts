import jwt from 'jsonwebtoken'
import {
  type BridgeError,
  bridgeError,
  describeIssue,
  ISSUER_ALGORITHM,
  type IssuerKey,
  TOKEN_LIMITS,
  type TokenClaims,
  tokenClaimsSchema,
} from '#contract/index.ts'

/** Reads the algorithm and key id of a token without believing them. Throws token_* codes for what is no token of ours. */
export function readTokenHeader(token: string): { kid: string | undefined } {
  if (token.length > TOKEN_LIMITS.maxCharacters) {
    throw bridgeError('token_too_large', {
      limitCharacters: TOKEN_LIMITS.maxCharacters,
      actualCharacters: token.length,
    })
  }
  const header = decodeHeader(token)
  if (header?.alg !== ISSUER_ALGORITHM) {
    if (header === undefined) throw bridgeError('token_malformed')
    const actual = typeof header.alg === 'string' ? header.alg.slice(0, 16) : 'no algorithm'
    throw bridgeError('token_algorithm_forbidden', { actual, expected: ISSUER_ALGORITHM })
  }
  if (header.kid !== undefined && typeof header.kid !== 'string') throw bridgeError('token_malformed')
  return { kid: header.kid }
}

/** Verifies signature, times and claims. Throws token_* codes. */
export function verifyToken(
  token: string,
  key: IssuerKey,
  options: { maxLifetimeSeconds: number; nowSeconds: number },
): TokenClaims {
  const { nowSeconds, maxLifetimeSeconds } = options
  const tolerance = TOKEN_LIMITS.clockToleranceSeconds
  const claims = parseClaims(checkSignature(token, key, nowSeconds))
  if (claims.iat > nowSeconds + tolerance) {
    throw bridgeError('token_not_yet_valid', { seconds: claims.iat - nowSeconds })
  }
  const actualSeconds = claims.exp - claims.iat
  if (actualSeconds <= 0) throw bridgeError('token_claims_invalid', { problem: 'exp is not after iat' })
  if (actualSeconds > maxLifetimeSeconds) {
    throw bridgeError('token_lifetime_too_long', { limitSeconds: maxLifetimeSeconds, actualSeconds })
  }
  return claims
}

function decodeHeader(token: string): Record<string, unknown> | undefined {
  const parts = token.split('.')
  const [head] = parts
  if (parts.length !== 3 || !head) return undefined
  try {
    const header: unknown = JSON.parse(Buffer.from(head, 'base64url').toString('utf8'))
    return header !== null && typeof header === 'object' ? (header as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function checkSignature(token: string, key: IssuerKey, nowSeconds: number): unknown {
  try {
    return jwt.verify(token, key.secret, {
      algorithms: [ISSUER_ALGORITHM],
      clockTimestamp: nowSeconds,
      clockTolerance: TOKEN_LIMITS.clockToleranceSeconds,
    })
  } catch (error) {
    throw codedVerifyError(error, nowSeconds)
  }
}

function codedVerifyError(error: unknown, nowSeconds: number): BridgeError {
  if (error instanceof jwt.TokenExpiredError) {
    const ageSeconds = Math.max(0, Math.round(nowSeconds - error.expiredAt.getTime() / 1000))
    return bridgeError('token_expired', { ageSeconds })
  }
  if (error instanceof jwt.NotBeforeError) {
    return bridgeError('token_not_yet_valid', { seconds: Math.round(error.date.getTime() / 1000 - nowSeconds) })
  }
  const message = error instanceof Error ? error.message : ''
  if (message === 'invalid signature') return bridgeError('token_signature_invalid')
  if (/^(invalid exp|invalid nbf)/.test(message)) return bridgeError('token_claims_invalid', { problem: message })
  return bridgeError('token_malformed', undefined, { cause: error })
}

function parseClaims(payload: unknown): TokenClaims {
  const parsed = tokenClaimsSchema.safeParse(payload)
  if (parsed.success) return parsed.data
  throw bridgeError('token_claims_invalid', { problem: describeIssue(parsed.error) })
}
