export { clientKeyText, clientKeyVersion } from './client-key.ts'
export { deriveDeviceSecret, deviceKeyId, deviceKeyText, keyVersionOf } from './device-key.ts'
export { createIssuerKey } from './issuer-key.ts'
export { readIssuerVersions, type SecretStage } from './issuer-versions.ts'
