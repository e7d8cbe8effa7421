import { randomBytes } from 'node:crypto'
import { type IssuerKey, KEY_LIMITS } from '#contract/index.ts'

/** 64 characters of base64url: more than HS256 can use. */
const SECRET_BYTES = 48
const ID_BYTES = 6

/**
 * A new random issuer key. It signs from the time on when every verifier knows it: one cache lifetime and a margin from now. A key that
 * replaces a stolen one signs at once, and tokens of the one before are refused.
 */
export function createIssuerKey(nowSeconds: number, options: { replacesStolen?: boolean } = {}): IssuerKey {
  const { cachedSeconds, announcedMarginSeconds } = KEY_LIMITS
  return {
    kid: `issuer-${randomBytes(ID_BYTES).toString('hex')}`,
    secret: randomBytes(SECRET_BYTES).toString('base64url'),
    ...(options.replacesStolen
      ? { signs_from_seconds: Math.floor(nowSeconds), accepts_previous: false }
      : { signs_from_seconds: Math.ceil(nowSeconds) + cachedSeconds + announcedMarginSeconds }),
  }
}
