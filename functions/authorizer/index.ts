import { GetSecretValueCommand, ResourceNotFoundException, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { Context } from 'aws-lambda'
import { type ArnPrefix, type IssuerKey, issuerKeySchema } from '#contract/index.ts'
import { createDeviceDirectory } from '../shared/device-directory.ts'
import { createDynamoDbClient } from '../shared/dynamodb.ts'
import { readEnvironment } from '../shared/environment.ts'
import { createObserver } from '../shared/observability.ts'
import { readRoles } from '../shared/roles.ts'
import { sdkSettings } from '../shared/sdk-client.ts'
import type { AuthorizerAnswer } from './answer.ts'
import { authorizerEnvironment } from './env.ts'
import { createAuthorizer } from './handler.ts'
import { createIssuerKeys } from './issuer-keys.ts'
import { createServerNames } from './server-names.ts'

const env = readEnvironment(authorizerEnvironment)

/** The service gives an authorizer five seconds; secret, server names and device record are read one after the other. */
const SDK_LIMITS = { maxAttempts: 2, requestTimeoutMs: 700 }

const client = createDynamoDbClient(SDK_LIMITS)
const secrets = new SecretsManagerClient(sdkSettings(SDK_LIMITS))

const authorize = createAuthorizer({
  root: env.TOPIC_ROOT,
  roles: readRoles(),
  devices: createDeviceDirectory({ client, tableName: env.DEVICE_TABLE }),
  issuerKeys: createIssuerKeys(loadIssuerKeys),
  serverNames: createServerNames({ client, tableName: env.DEVICE_TABLE }),
  maxLifetimeSeconds: env.TOKEN_MAX_LIFETIME_SECONDS,
  observer: createObserver('authorizer'),
})

export function handler(event: unknown, context: Context): Promise<AuthorizerAnswer> {
  const [, partition, , region, account] = context.invokedFunctionArn.split(':')
  return authorize(event, `arn:${partition}:iot:${region}:${account}` satisfies ArnPrefix)
}

async function loadIssuerKeys(): Promise<IssuerKey[]> {
  const [current, previous] = await Promise.all([secretVersion('AWSCURRENT'), secretVersion('AWSPREVIOUS')])
  return [current, previous].flatMap((text) => (text ? [issuerKeySchema.parse(JSON.parse(text))] : []))
}

/** Undefined where the stage does not exist: a new secret has no previous version. */
async function secretVersion(stage: 'AWSCURRENT' | 'AWSPREVIOUS'): Promise<string | undefined> {
  try {
    const { SecretString } = await secrets.send(
      new GetSecretValueCommand({ SecretId: env.ISSUER_SECRET_ID, VersionStage: stage }),
    )
    return SecretString
  } catch (error) {
    if (stage === 'AWSPREVIOUS' && error instanceof ResourceNotFoundException) return undefined
    throw error
  }
}
