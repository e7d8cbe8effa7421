import type { ResourceEmulator } from './emulator.ts'

/** AWS::SecretsManager::Secret; its value is kept over restarts. */
export const secret: ResourceEmulator = {
  properties: {
    honoured: ['Name', 'Description', 'SecretString', 'GenerateSecretString'],
    ignored: ['KmsKeyId', 'ReplicaRegions', 'Tags', 'Type'],
  },
  note: 'value and ARN are kept over restarts; stays when it leaves the template, as over a restart',
  create(request, { secrets }) {
    const { arn } = secrets.createSecret(request.properties, request.physicalName())
    return { ref: arn, attributes: { Id: arn } }
  },
}
