import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { Authorizer, TokenSigning } from '../registry.ts'
import type { CustomAuthParameters } from './custom-auth-parameters.ts'

/** https://docs.aws.amazon.com/iot/latest/apireference/API_TestInvokeAuthorizer.html */
const MAX_CHARACTERS = { token: 6_144, signature: 2_560 }
/** https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-create-authorizer.html */
const MIN_KEY_BITS = 2_048
const MAX_KEY_CHARACTERS = 5_120
const TOKEN_KEY_NAME = /^[a-zA-Z0-9_-]{1,128}$/
const PUBLIC_KEY_NAME = /^[a-zA-Z0-9:_-]+$/

/** Reads TokenKeyName and TokenSigningPublicKeys of an authorizer. Throws TypeError with what the service would refuse. */
export function readTokenSigning(tokenKeyName: string, publicKeys: Readonly<Record<string, unknown>>): TokenSigning {
  if (!TOKEN_KEY_NAME.test(tokenKeyName)) throw new TypeError(`TokenKeyName does not fit ${TOKEN_KEY_NAME.source}`)
  const entries = Object.entries(publicKeys)
  if (entries.length === 0) throw new TypeError('TokenSigningPublicKeys is empty; signing needs a public key')
  return { tokenKeyName, publicKeys: entries.map(([name, pem]) => readPublicKey(name, pem)) }
}

function readPublicKey(name: string, pem: unknown): KeyObject {
  const of = `TokenSigningPublicKeys ${name}`
  if (!PUBLIC_KEY_NAME.test(name)) throw new TypeError(`${of}: the name does not fit ${PUBLIC_KEY_NAME.source}`)
  if (typeof pem !== 'string' || pem.length > MAX_KEY_CHARACTERS) {
    throw new TypeError(`${of}: expected PEM of at most ${MAX_KEY_CHARACTERS} characters`)
  }
  let key: KeyObject
  try {
    key = createPublicKey(pem)
  } catch {
    throw new TypeError(`${of}: expected a public key in PEM`)
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (key.asymmetricKeyType !== 'rsa' || bits < MIN_KEY_BITS) {
    throw new TypeError(`${of}: expected an RSA key of at least ${MIN_KEY_BITS} bits`)
  }
  return key
}

export type GatewayCheck = { ok: true; checked: CheckedToken } | { ok: false; reason: string }
/** Of the authorizer's event. */
export type CheckedToken = { token?: string; signatureVerified: boolean }

/**
 * What the gateway does before it invokes a function: with signing, an RSA signature with SHA-256 over the token must fit one of the keys.
 * https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth.html#custom-auth-token-signature
 */
export function checkTokenSignature(authorizer: Authorizer, parameters: CustomAuthParameters): GatewayCheck {
  const { tokenKeyName, signing } = authorizer
  const token = tokenKeyName === undefined ? undefined : parameters.value(tokenKeyName)
  if (!signing) return { ok: true, checked: { ...(token !== undefined && { token }), signatureVerified: false } }
  const { signature } = parameters
  if (token === undefined) return { ok: false, reason: `no token under ${signing.tokenKeyName}` }
  if (signature === undefined) return { ok: false, reason: 'the token has no signature' }
  if (token.length > MAX_CHARACTERS.token || signature.length > MAX_CHARACTERS.signature) {
    return {
      ok: false,
      reason: `more than ${MAX_CHARACTERS.token} characters of token or ${MAX_CHARACTERS.signature} of signature`,
    }
  }
  const [tokenBytes, signatureBytes] = [Buffer.from(token), Buffer.from(signature, 'base64')]
  const fits = signing.publicKeys.some((key) => verify('RSA-SHA256', tokenBytes, key, signatureBytes))
  if (!fits) return { ok: false, reason: "the token's signature fits no key of the authorizer" }
  return { ok: true, checked: { token, signatureVerified: true } }
}
