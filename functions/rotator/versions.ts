import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { bridgeError, type IssuerKey, issuerKeySchema } from '#contract/index.ts'

export interface SecretVersions {
  /** Labels by version id. */
  stages: Readonly<Record<string, readonly string[]>>
  currentId: string
}

/** Throws rotation_invalid for a secret that has no value yet. */
export async function describeVersions(client: SecretsManagerClient, secretId: string): Promise<SecretVersions> {
  const { VersionIdsToStages: stages = {} } = await client.send(new DescribeSecretCommand({ SecretId: secretId }))
  const currentId = Object.keys(stages).find((id) => stages[id]?.includes('AWSCURRENT'))
  if (currentId === undefined) throw bridgeError('rotation_invalid', { problem: 'it has no current version' })
  return { stages, currentId }
}

/** Gives a rotation up: the version loses its label, and Secrets Manager may begin another. */
export async function dropPending(client: SecretsManagerClient, secretId: string, versionId: string): Promise<void> {
  const dropped = { SecretId: secretId, VersionStage: 'AWSPENDING', RemoveFromVersionId: versionId }
  await client.send(new UpdateSecretVersionStageCommand(dropped))
}

/** The key of a version; undefined when the version has no value yet. Throws rotation_invalid for one that is no issuer key. */
export async function readKey(
  client: SecretsManagerClient,
  secretId: string,
  versionId: string,
): Promise<IssuerKey | undefined> {
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId, VersionId: versionId }))
    return parseKey(SecretString)
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined
    throw error
  }
}

/** The error names no cause: that of JSON.parse quotes what it read. */
function parseKey(text = 'null'): IssuerKey {
  try {
    return issuerKeySchema.parse(JSON.parse(text))
  } catch {
    throw bridgeError('rotation_invalid', { problem: 'a version is no issuer key' })
  }
}
