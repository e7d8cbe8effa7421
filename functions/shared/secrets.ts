import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { deviceMasterSchema, type IssuerKey, issuerKeySchema } from '#contract/index.ts'

/** The versions of the issuer secret in use, the current one first, as `signingKey` and `verificationKeys` want them. */
export async function readIssuerKeys(client: SecretsManagerClient, secretId: string): Promise<IssuerKey[]> {
  const versions = await Promise.all(
    (['AWSCURRENT', 'AWSPREVIOUS'] as const).map((stage) => readSecretVersion(client, secretId, stage)),
  )
  return versions.flatMap((text) => (text ? [issuerKeySchema.parse(JSON.parse(text))] : []))
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
  stage: 'AWSCURRENT' | 'AWSPREVIOUS',
): Promise<string | undefined> {
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId, VersionStage: stage }))
    return SecretString
  } catch (error) {
    if (stage !== 'AWSCURRENT' && error instanceof ResourceNotFoundException) return undefined
    throw error
  }
}
