import * as z from 'zod'
import { bridgeError } from './errors.ts'
import { TOKEN_LIMITS } from './limits.ts'
import { MAX_PERMISSIONS } from './permissions.ts'
import { IDENTIFIER_PATTERN } from './topic-names.ts'

/** Claims of a device token. `sub` is the MQTT client id; times are epoch seconds. Other claims are ignored. */
export const tokenClaimsSchema = z.object({
  sub: z.string().regex(IDENTIFIER_PATTERN),
  exp: z.int(),
  iat: z.int(),
  permissions: z.array(z.string().max(300)).max(MAX_PERMISSIONS),
})
export type TokenClaims = z.infer<typeof tokenClaimsSchema>

/** The one algorithm of shared secrets: the issuer's and the devices'. */
export const ISSUER_ALGORITHM = 'HS256'

/**
 * One version of the issuer secret. AWSCURRENT and AWSPREVIOUS are the keys in use; which of them signs is a matter of
 * time, see {@link signingKey}.
 */
export const issuerKeySchema = z.object({
  kid: z.string().min(1).max(64),
  secret: z.string().min(TOKEN_LIMITS.minSecretBytes),
  /** Issuers sign with it from this time (epoch seconds); until then verifiers get to know it. 0: at once. */
  signs_from_seconds: z.int().min(0).optional(),
  /** False in a key that replaces a stolen one: tokens of the key before are refused as soon as this one signs. */
  accepts_previous: z.boolean().optional(),
})
export type IssuerKey = z.infer<typeof issuerKeySchema>

/** The secret that device keys are derived from. It is not an issuer key: nothing is signed with it. */
export const deviceMasterSchema = z.object({ secret: z.string().min(TOKEN_LIMITS.minSecretBytes) })

const signsFrom = (key: IssuerKey) => key.signs_from_seconds ?? 0

/**
 * The key to sign with: the current one from its `signs_from_seconds` on, until then the previous one. `keys` are the versions AWSCURRENT
 * and AWSPREVIOUS, in this order, whatever times stand in them; undefined when there are none. Whoever keeps the keys keeps them for at most
 * `KEY_LIMITS.cachedSeconds`, or it learns of a new one too late.
 */
export function signingKey(keys: readonly IssuerKey[], nowSeconds: number): IssuerKey | undefined {
  const [current, previous = current] = keys
  return current && signsFrom(current) > nowSeconds ? previous : current
}

/**
 * The keys whose tokens are taken: the current one, also before it signs, and the previous one until `graceSeconds` after that, in which the
 * last of its tokens expire. Where the current key replaces a stolen one there is no grace.
 */
export function verificationKeys(
  keys: readonly IssuerKey[],
  nowSeconds: number,
  graceSeconds: number,
): readonly IssuerKey[] {
  const [current, previous] = keys
  if (!current || !previous) return keys.slice(0, 1)
  const isReplaced = current.accepts_previous === false
  // a key that was put by hand, without a time, does not say when the other one ended
  const isTaken =
    (signsFrom(current) === 0 && !isReplaced) || nowSeconds < signsFrom(current) + (isReplaced ? 0 : graceSeconds)
  return isTaken ? [current, previous] : [current]
}

/**
 * Throws what is wrong with the times of a token's claims but its expiry: token_not_yet_valid, token_claims_invalid,
 * token_lifetime_too_long.
 */
export function checkTokenTimes(
  { iat, exp }: Pick<TokenClaims, 'iat' | 'exp'>,
  { nowSeconds, maxLifetimeSeconds }: { nowSeconds: number; maxLifetimeSeconds: number },
): void {
  if (iat > nowSeconds + TOKEN_LIMITS.clockToleranceSeconds) {
    throw bridgeError('token_not_yet_valid', { seconds: iat - nowSeconds })
  }
  const actualSeconds = exp - iat
  if (actualSeconds <= 0) throw bridgeError('token_claims_invalid', { problem: 'exp is not after iat' })
  if (actualSeconds > maxLifetimeSeconds) {
    throw bridgeError('token_lifetime_too_long', { limitSeconds: maxLifetimeSeconds, actualSeconds })
  }
}
