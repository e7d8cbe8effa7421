import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import jwt from 'jsonwebtoken'
import {
  checkTokenTimes,
  deploymentNames,
  describeIssue,
  ISSUER_ALGORITHM,
  isBridgeError,
  TOKEN_LIMITS,
  type TokenClaims,
  tokenClaimsSchema,
} from '#contract/index.ts'
import { deriveDeviceSecret, keyVersionOf } from '#keys/index.ts'
import { CommandError, errorCode } from '../command-error.ts'
import { readIssuerKeys } from '../issuer-keys.ts'
import { openTarget, type Target, type TargetOptions } from '../target.ts'

/** `unknown`: not verified, for the reason given. */
export type Signature = { signature: 'valid' | 'invalid' } | { signature: 'unknown'; because: string }

export interface ReadToken {
  claims: TokenClaims
  /** The name of the key that the token says it is signed with. */
  kid: string | undefined
  /** Epoch seconds; absent: at once. */
  notBeforeSeconds: number | undefined
  text: string
}

/** Reads a token without believing it. Throws CommandError token_malformed. */
export function readToken(text: string): ReadToken {
  const decoded = jwt.decode(text, { complete: true })
  const parsed = tokenClaimsSchema.safeParse(decoded?.payload)
  if (parsed.success) {
    const { nbf: notBeforeSeconds } = (decoded?.payload ?? {}) as { nbf?: number }
    return { claims: parsed.data, kid: decoded?.header.kid, notBeforeSeconds, text }
  }
  const problem = describeIssue(parsed.error)
  throw new CommandError('usage', 'token_malformed', `--token: expected a JWT with the claims of a device, ${problem}`)
}

/** Holds the signature against the key that it names, where the keys of a bridge can be read. */
export async function verifySignature(token: ReadToken, target: TargetOptions): Promise<Signature> {
  try {
    const secret = await findSecret(token, openTarget(target))
    if (secret === undefined)
      return { signature: 'unknown', because: `the bridge has no key ${token.kid ?? '(none named)'}` }
    return { signature: fits(token.text, secret) ? 'valid' : 'invalid' }
  } catch (error) {
    return { signature: 'unknown', because: `the keys could not be read: ${errorCode(error)}` }
  }
}

/** The device's own key, or that of the issuer. */
async function findSecret({ kid, claims }: ReadToken, target: Target): Promise<string | undefined> {
  const keyVersion = keyVersionOf(kid)
  if (keyVersion !== undefined) return deriveDeviceSecret((await target.deviceMaster()).secret, claims.sub, keyVersion)
  const client = new SecretsManagerClient(target.aws)
  const keys = await readIssuerKeys(client, deploymentNames(target.stage).issuerSecret)
  return keys.find((key) => key.kid === kid)?.secret
}

function fits(text: string, secret: string): boolean {
  try {
    jwt.verify(text, secret, { algorithms: [ISSUER_ALGORITHM], ignoreExpiration: true, ignoreNotBefore: true })
    return true
  } catch {
    return false
  }
}

/** Why no authorizer would take the token now, whatever it is deployed with and whatever the device's record says. */
export function tokenRefusal(
  { claims, notBeforeSeconds = 0, text }: ReadToken,
  { signature }: Signature,
  clientId: string,
  nowSeconds: number,
): string | undefined {
  const { clockToleranceSeconds, maxCharacters, maxConnectionSeconds: maxLifetimeSeconds } = TOKEN_LIMITS
  if (text.length > maxCharacters) return `token_too_large: the token has ${text.length} of ${maxCharacters} characters`
  if (signature === 'invalid') return 'token_signature_invalid: the token signature does not fit the key'
  if (notBeforeSeconds > nowSeconds + clockToleranceSeconds) {
    return `token_not_yet_valid: the token is valid only from ${notBeforeSeconds - nowSeconds} s from now`
  }
  if (claims.exp + clockToleranceSeconds <= nowSeconds) {
    return `token_expired: the token expired ${nowSeconds - claims.exp} s ago`
  }
  try {
    checkTokenTimes(claims, { nowSeconds, maxLifetimeSeconds })
  } catch (error) {
    if (isBridgeError(error)) return `${error.code}: ${error.message}`
    throw error
  }
  return claims.sub === clientId ? undefined : `token_subject_mismatch: the token speaks for ${claims.sub}`
}
