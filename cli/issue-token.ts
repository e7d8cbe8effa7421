import jwt from 'jsonwebtoken'
import {
  bridgeError,
  DEFAULT_ROOT,
  IDENTIFIER_PATTERN,
  ISSUER_ALGORITHM,
  type IssuerKey,
  parsePermission,
  TOKEN_LIMITS,
  type TokenClaims,
} from '#contract/index.ts'

export { ALL_PERMISSIONS } from '#contract/index.ts'

/**
 * Signs a token for one client id. The role of the device bounds what its permissions give. Throws client_id_invalid and
 * permission_invalid for what no authorizer takes.
 */
export function issueToken(
  key: IssuerKey,
  token: { clientId: string; permissions: readonly string[]; lifetimeSeconds?: number },
): string {
  if (!IDENTIFIER_PATTERN.test(token.clientId)) throw bridgeError('client_id_invalid')
  for (const permission of token.permissions) parsePermission(permission, DEFAULT_ROOT, { clientId: token.clientId })
  const issuedAtSeconds = Math.floor(Date.now() / 1000)
  const claims: TokenClaims = {
    sub: token.clientId,
    iat: issuedAtSeconds,
    exp: issuedAtSeconds + (token.lifetimeSeconds ?? TOKEN_LIMITS.defaultLifetimeSeconds),
    permissions: [...token.permissions],
  }
  return jwt.sign(claims, key.secret, { algorithm: ISSUER_ALGORITHM, keyid: key.kid })
}
