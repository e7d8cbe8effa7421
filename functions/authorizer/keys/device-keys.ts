import { deriveDeviceSecret } from '#keys/index.ts'
import { createKept } from './kept.ts'
import { sharedKey, type VerificationKey } from './verification-key.ts'

/** The key of one version of one device. Throws authorizer_unavailable when the master secret cannot be read, see {@link createKept}. */
export type DeviceKeys = (clientId: string, keyVersion: number) => Promise<VerificationKey>

/**
 * Derives device keys from the master secret, which is read when the first token of a device comes. Derivation is one HMAC: nothing is
 * kept for a device, so nobody can fill a memory with made-up ones.
 */
export function createDeviceKeys(loadMaster: () => Promise<string>, nowMs?: () => number): DeviceKeys {
  const master = createKept(loadMaster, { what: 'the device master secret', nowMs })
  return async (clientId, keyVersion) =>
    sharedKey('device', deriveDeviceSecret(await master(), clientId, keyVersion), keyVersion)
}
