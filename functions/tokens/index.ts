import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createDeviceDirectory } from '../shared/device-directory.ts'
import { createDynamoDbClient } from '../shared/dynamodb.ts'
import { readEnvironment } from '../shared/environment.ts'
import { createObserver } from '../shared/observability.ts'
import { readRoles } from '../shared/roles.ts'
import { sdkSettings } from '../shared/sdk-client.ts'
import { readDeviceMaster, readIssuerKeys } from '../shared/secrets.ts'
import { tokensEnvironment } from './env.ts'
import { createTokenService } from './handler.ts'
import { keptSecret } from './kept-secret.ts'

const env = readEnvironment(tokensEnvironment)

/** Device record, master and issuer secret are read one after the other, within the ten seconds of the function. */
const SDK_LIMITS = { maxAttempts: 2, requestTimeoutMs: 1_100 }
const secrets = new SecretsManagerClient(sdkSettings(SDK_LIMITS))

export const handler = createTokenService({
  root: env.TOPIC_ROOT,
  roles: readRoles(),
  devices: createDeviceDirectory({ client: createDynamoDbClient(SDK_LIMITS), tableName: env.DEVICE_TABLE }),
  issuerKeys: keptSecret('the issuer secret', () => readIssuerKeys(secrets, env.ISSUER_SECRET_ID)),
  masterSecret: keptSecret('the device master', () => readDeviceMaster(secrets, env.DEVICE_MASTER_SECRET_ID)),
  maxLifetimeSeconds: env.TOKEN_MAX_LIFETIME_SECONDS,
  observer: createObserver('tokens'),
  nowMs: Date.now,
})
