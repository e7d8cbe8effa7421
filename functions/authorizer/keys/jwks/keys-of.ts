import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import * as z from 'zod'
import { KEY_LIMITS } from '#contract/index.ts'
import type { TokenAlgorithm, VerificationKey } from '../verification-key.ts'

// https://datatracker.ietf.org/doc/html/rfc7517
const jwksSchema = z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(KEY_LIMITS.jwksMaxKeys) })
const MIN_RSA_BITS = 2_048

/** What a token of the provider must say of itself. */
export interface ProviderClaims {
  issuer: string | undefined
  audience: string | undefined
}

/**
 * The keys of a JWKS document that tokens may be signed with, by id: RSA of at least 2,048 bits for RS256, P-256 for ES256. The algorithm
 * follows from the kind of key and never from a token. Others are left out, as are keys for encryption, shared secrets, and ids that stand
 * twice. Throws a TypeError when the document is no JWKS.
 */
export function keysOf(document: unknown, claims: ProviderClaims): ReadonlyMap<string, VerificationKey> {
  const parsed = jwksSchema.safeParse(document)
  if (!parsed.success) throw new TypeError('the document is no JWKS')
  const keys = new Map<string, VerificationKey | undefined>()
  for (const jwk of parsed.data.keys) {
    if (typeof jwk.kid !== 'string' || jwk.kid === '') continue
    keys.set(jwk.kid, keys.has(jwk.kid) ? undefined : keyOf(jwk, claims))
  }
  return new Map([...keys].filter((entry): entry is [string, VerificationKey] => entry[1] !== undefined))
}

function keyOf(jwk: Record<string, unknown>, claims: ProviderClaims): VerificationKey | undefined {
  const operations = Array.isArray(jwk.key_ops) ? jwk.key_ops : ['verify']
  if ((jwk.use !== undefined && jwk.use !== 'sig') || !operations.includes('verify')) return undefined
  const key = publicKey(jwk)
  const algorithm = key && algorithmOf(key)
  if (!key || !algorithm || (jwk.alg !== undefined && jwk.alg !== algorithm)) return undefined
  return { signer: 'identity_provider', algorithm, key, ...claims }
}

function publicKey(jwk: Record<string, unknown>): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
  } catch {
    return undefined
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): TokenAlgorithm | undefined {
  if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS) return 'RS256'
  return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1' ? 'ES256' : undefined
}
