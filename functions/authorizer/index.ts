import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { Context } from 'aws-lambda'
import { type ArnPrefix, KEY_LIMITS } from '#contract/index.ts'
import { createDeviceDirectory } from '../shared/device-directory.ts'
import { createDynamoDbClient } from '../shared/dynamodb.ts'
import { readEnvironment } from '../shared/environment.ts'
import { createObserver } from '../shared/observability.ts'
import { readRoles } from '../shared/roles.ts'
import { sdkSettings } from '../shared/sdk-client.ts'
import { readDeviceMaster, readIssuerKeys } from '../shared/secrets.ts'
import type { AuthorizerAnswer } from './answer.ts'
import { authorizerEnvironment } from './env.ts'
import { createAuthorizer } from './handler.ts'
import { createDeviceKeys } from './keys/device-keys.ts'
import { createIssuerKeys } from './keys/issuer-keys.ts'
import { createKeyRing } from './keys/key-ring.ts'
import { createProviderKeys } from './keys/provider-keys.ts'
import { createServerNames } from './server-names.ts'

const env = readEnvironment(authorizerEnvironment)

/**
 * The service gives an authorizer five seconds. Server names, two versions of a secret and the device record are read one after the other; a key document
 * of an identity provider (`KEY_LIMITS.jwksTimeoutMs`) is asked for only when the secrets are at hand.
 */
const SDK_LIMITS = { maxAttempts: 2, requestTimeoutMs: 550 }

const client = createDynamoDbClient(SDK_LIMITS)
const secrets = new SecretsManagerClient(sdkSettings(SDK_LIMITS))
const maxLifetimeSeconds = env.TOKEN_MAX_LIFETIME_SECONDS

const authorize = createAuthorizer({
  root: env.TOPIC_ROOT,
  roles: readRoles(),
  devices: createDeviceDirectory({ client, tableName: env.DEVICE_TABLE }),
  keyRing: createKeyRing({
    issuerKeys: createIssuerKeys(() => readIssuerKeys(secrets, env.ISSUER_SECRET_ID), {
      graceSeconds: maxLifetimeSeconds + KEY_LIMITS.graceMarginSeconds,
    }),
    deviceKeys: createDeviceKeys(() => readDeviceMaster(secrets, env.DEVICE_MASTER_SECRET_ID)),
    providerKeys: createProviderKeys({
      url: env.JWKS_URL,
      issuer: env.JWKS_ISSUER || undefined,
      audience: env.JWKS_AUDIENCE || undefined,
    }),
  }),
  serverNames: createServerNames({ client, tableName: env.DEVICE_TABLE }),
  maxLifetimeSeconds,
  observer: createObserver('authorizer'),
})

export function handler(event: unknown, context: Context): Promise<AuthorizerAnswer> {
  const [, partition, , region, account] = context.invokedFunctionArn.split(':')
  return authorize(event, `arn:${partition}:iot:${region}:${account}` satisfies ArnPrefix)
}
