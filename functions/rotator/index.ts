import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { readEnvironment } from '../shared/environment.ts'
import { createObserver } from '../shared/observability.ts'
import { sdkSettings } from '../shared/sdk-client.ts'
import { rotatorEnvironment } from './env.ts'
import { createRotator } from './handler.ts'

const env = readEnvironment(rotatorEnvironment)

/** Secrets Manager calls each step by itself and repeats one that fails. */
export const handler = createRotator({
  secrets: new SecretsManagerClient(sdkSettings({ maxAttempts: 3, requestTimeoutMs: 1_500 })),
  secretId: env.ISSUER_SECRET_ID,
  maxLifetimeSeconds: env.TOKEN_MAX_LIFETIME_SECONDS,
  observer: createObserver('rotator'),
})
