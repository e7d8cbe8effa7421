import verifySignature from 'jsonwebtoken/verify.js'
import {
  type BridgeError,
  bridgeError,
  checkTokenTimes,
  describeIssue,
  TOKEN_LIMITS,
  type TokenClaims,
  tokenClaimsSchema,
} from '#contract/index.ts'
import type { TokenAlgorithm, VerificationKey } from '../keys/verification-key.ts'
import { hasDuplicateNames } from './duplicate-names.ts'

const ALGORITHMS: readonly TokenAlgorithm[] = ['HS256', 'RS256', 'ES256']

export interface TokenHeader {
  alg: TokenAlgorithm
  kid: string | undefined
}

/**
 * Reads the algorithm and key id of a token without believing them; nothing else of a header is used, so neither `jku` nor `x5u` nor
 * `jwk` brings in a key. Throws token_* codes for what is no token of ours.
 */
export function readTokenHeader(token: string): TokenHeader {
  const text = token.length > TOKEN_LIMITS.maxCharacters ? undefined : decodePart(token, 0)
  if (token.length > TOKEN_LIMITS.maxCharacters) throw tokenTooLarge(token.length)
  const header = text === undefined ? undefined : parseObject(text)
  if (!header || hasDuplicateNames(text ?? '')) throw bridgeError('token_malformed')
  const alg = ALGORITHMS.find((one) => one === header.alg)
  if (!alg) throw algorithmForbidden(header.alg, ALGORITHMS.join(', '))
  // RFC 7515: who does not understand what `crit` lists must refuse, and there is nothing that we understand
  if ((header.kid !== undefined && typeof header.kid !== 'string') || header.crit !== undefined) {
    throw bridgeError('token_malformed')
  }
  return { alg, kid: header.kid }
}

export function tokenTooLarge(actualCharacters: number): BridgeError {
  return bridgeError('token_too_large', { limitCharacters: TOKEN_LIMITS.maxCharacters, actualCharacters })
}

/** Verifies algorithm, signature, times and claims. Throws token_* codes. */
export function verifyToken(
  token: string,
  { alg }: TokenHeader,
  key: VerificationKey,
  options: { maxLifetimeSeconds: number; nowSeconds: number },
): TokenClaims {
  if (alg !== key.algorithm) throw algorithmForbidden(alg, key.algorithm)
  const payload = checkSignature(token, key, options.nowSeconds)
  if (hasDuplicateNames(decodePart(token, 1) ?? '')) {
    throw bridgeError('token_claims_invalid', { problem: 'a name stands twice' })
  }
  const claims = parseClaims(payload)
  checkTokenTimes(claims, options)
  return claims
}

function algorithmForbidden(alg: unknown, expected: string): BridgeError {
  const actual = typeof alg === 'string' ? alg.slice(0, 16) : 'no algorithm'
  return bridgeError('token_algorithm_forbidden', { actual, expected })
}

function decodePart(token: string, index: 0 | 1): string | undefined {
  const parts = token.split('.')
  return parts.length === 3 && parts[index] ? Buffer.from(parts[index], 'base64url').toString('utf8') : undefined
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function checkSignature(token: string, key: VerificationKey, nowSeconds: number): unknown {
  try {
    return verifySignature(token, key.key, {
      algorithms: [key.algorithm],
      clockTimestamp: nowSeconds,
      clockTolerance: TOKEN_LIMITS.clockToleranceSeconds,
      ...(key.issuer !== undefined && { issuer: key.issuer }),
      ...(key.audience !== undefined && { audience: key.audience }),
    })
  } catch (error) {
    throw codedVerifyError(error, nowSeconds)
  }
}

function codedVerifyError(error: unknown, nowSeconds: number): BridgeError {
  const { message = '', expiredAt, date } = error as { message?: string; expiredAt?: Date; date?: Date }
  if (expiredAt) {
    return bridgeError('token_expired', {
      ageSeconds: Math.max(0, Math.round(nowSeconds - expiredAt.getTime() / 1_000)),
    })
  }
  if (date) return bridgeError('token_not_yet_valid', { seconds: Math.round(date.getTime() / 1_000 - nowSeconds) })
  if (message === 'invalid signature') return bridgeError('token_signature_invalid')
  if (message.startsWith('jwt issuer invalid')) return bridgeError('token_issuer_unknown')
  if (message.startsWith('jwt audience invalid')) return bridgeError('token_audience_unknown')
  if (/^(invalid exp|invalid nbf)/.test(message)) return bridgeError('token_claims_invalid', { problem: message })
  return bridgeError('token_malformed', undefined, { cause: error })
}

function parseClaims(payload: unknown): TokenClaims {
  const parsed = tokenClaimsSchema.safeParse(payload)
  if (parsed.success) return parsed.data
  throw bridgeError('token_claims_invalid', { problem: describeIssue(parsed.error) })
}
