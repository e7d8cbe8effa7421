import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { type IssuerKey, issuerKeySchema } from '#contract/index.ts'

/** The versions of the issuer secret in use, the current one first, as `signingKey` wants them. */
export async function readIssuerKeys(client: SecretsManagerClient, secretId: string): Promise<IssuerKey[]> {
  const versions = await Promise.all([
    versionOf(client, secretId, 'AWSCURRENT'),
    versionOf(client, secretId, 'AWSPREVIOUS'),
  ])
  return versions.flatMap((text) => (text ? [issuerKeySchema.parse(JSON.parse(text))] : []))
}

/** Undefined where nothing has the label: a new secret has no previous version. */
async function versionOf(
  client: SecretsManagerClient,
  secretId: string,
  stage: 'AWSCURRENT' | 'AWSPREVIOUS',
): Promise<string | undefined> {
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId, VersionStage: stage }))
    return SecretString
  } catch (error) {
    if (stage === 'AWSPREVIOUS' && error instanceof ResourceNotFoundException) return undefined
    throw error
  }
}
