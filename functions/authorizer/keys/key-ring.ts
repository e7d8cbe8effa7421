import { bridgeError } from '#contract/index.ts'
import { keyVersionOf } from '#keys/index.ts'
import type { DeviceKeys } from './device-keys.ts'
import type { IssuerKeys } from './issuer-keys.ts'
import type { VerificationKey } from './verification-key.ts'

/** A key of the identity provider by its id; undefined when the provider has none of that name. */
export type ProviderKeys = (kid: string) => Promise<VerificationKey | undefined>

/** The key that must have signed a token of this key id for this client. Throws token_key_unknown and authorizer_unavailable. */
export type KeyRing = (kid: string | undefined, clientId: string) => Promise<VerificationKey>

/**
 * Devices' keys by the form of their id, then the issuer's, then the identity provider's. The provider comes last: only for its keys may the
 * network be asked, and its ids never stand before ours.
 */
export function createKeyRing(sources: {
  issuerKeys: IssuerKeys
  deviceKeys: DeviceKeys
  providerKeys?: ProviderKeys | undefined
}): KeyRing {
  const { issuerKeys, deviceKeys, providerKeys } = sources
  return async (kid, clientId) => {
    const keyVersion = keyVersionOf(kid)
    if (keyVersion !== undefined) return deviceKeys(clientId, keyVersion)
    const key = await issuerKeys.find(kid)
    if (key) return key
    const provided = kid === undefined ? undefined : await providerKeys?.(kid)
    if (!provided) throw bridgeError('token_key_unknown')
    return provided
  }
}
