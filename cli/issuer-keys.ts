import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import type { IssuerKey } from '#contract/index.ts'
import { readIssuerVersions, type SecretStage } from '#keys/index.ts'

/** The versions of the issuer secret in use, the current one first. */
export async function readIssuerKeys(client: SecretsManagerClient, secretId: string): Promise<IssuerKey[]> {
  return readIssuerVersions((stage) => versionOf(client, secretId, stage))
}

/** Undefined where nothing has the label: a new secret has no previous version. */
async function versionOf(
  client: SecretsManagerClient,
  secretId: string,
  stage: SecretStage,
): Promise<string | undefined> {
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId, VersionStage: stage }))
    return SecretString
  } catch (error) {
    if (stage === 'AWSPREVIOUS' && error instanceof ResourceNotFoundException) return undefined
    throw error
  }
}
