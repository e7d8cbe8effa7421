import { createSecretKey, type KeyObject } from 'node:crypto'
import { ISSUER_ALGORITHM } from '#contract/index.ts'

/** What tokens may be signed with; every key is good for one of them. */
export type TokenAlgorithm = typeof ISSUER_ALGORITHM | 'RS256' | 'ES256'

/** A key that verifies tokens, prepared once. */
export interface VerificationKey {
  /** Whose it is, for the log. */
  readonly signer: 'issuer' | 'device' | 'identity_provider'
  readonly algorithm: TokenAlgorithm
  readonly key: KeyObject
  /** Of a device key: the version that the device's record must have. */
  readonly keyVersion?: number
  /** What the token's `iss` must be. */
  readonly issuer?: string | undefined
  /** What the token's `aud` must be or hold. */
  readonly audience?: string | undefined
}

/** The key of a shared secret. */
export function sharedKey(signer: 'issuer' | 'device', secret: string, keyVersion?: number): VerificationKey {
  const key = createSecretKey(Buffer.from(secret))
  return { signer, algorithm: ISSUER_ALGORITHM, key, ...(keyVersion !== undefined && { keyVersion }) }
}
