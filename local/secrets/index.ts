export { SecretsError, type SecretsErrorCode } from './errors.ts'
export type { RotationHost } from './rotation.ts'
export { type CreatedSecret, createSecrets, type Secrets, type SecretsOptions } from './secrets.ts'
export { secretsService } from './service.ts'
