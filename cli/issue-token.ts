import jwt from 'jsonwebtoken'
import { ISSUER_ALGORITHM, type IssuerKey, TOKEN_LIMITS, type TokenClaims } from '#contract/index.ts'

/** What a token asks for unless told otherwise: all that the device's role allows. */
export const ALL_PERMISSIONS = ['${root}/#', 'org/${organizationId}/device/${deviceId}/#']

/** Signs a token for one client id. The role of the device bounds what its permissions give. */
export function issueToken(
  key: IssuerKey,
  token: { clientId: string; permissions: readonly string[]; lifetimeSeconds?: number },
): string {
  const issuedAtSeconds = Math.floor(Date.now() / 1000)
  const claims: TokenClaims = {
    sub: token.clientId,
    iat: issuedAtSeconds,
    exp: issuedAtSeconds + (token.lifetimeSeconds ?? TOKEN_LIMITS.defaultLifetimeSeconds),
    permissions: [...token.permissions],
  }
  return jwt.sign(claims, key.secret, { algorithm: ISSUER_ALGORITHM, keyid: key.kid })
}
