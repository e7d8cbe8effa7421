import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { deviceMasterSchema, type IssuerKey } from '#contract/index.ts'
import { readIssuerVersions, type SecretStage } from '#keys/index.ts'

/** The versions of the issuer secret in use, the current one first. */
export async function readIssuerKeys(client: SecretsManagerClient, secretId: string): Promise<IssuerKey[]> {
  return readIssuerVersions((stage) => readSecretVersion(client, secretId, stage))
}

/** The secret that device keys are derived from. */
export async function readDeviceMaster(client: SecretsManagerClient, secretId: string): Promise<string> {
  const text = await readSecretVersion(client, secretId, 'AWSCURRENT')
  return deviceMasterSchema.parse(JSON.parse(text ?? 'null')).secret
}

/** Undefined where nothing has the label: a new secret has no previous version. */
async function readSecretVersion(
  client: SecretsManagerClient,
  secretId: string,
  stage: SecretStage,
): Promise<string | undefined> {
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId, VersionStage: stage }))
    return SecretString
  } catch (error) {
    if (stage !== 'AWSCURRENT' && error instanceof ResourceNotFoundException) return undefined
    throw error
  }
}
