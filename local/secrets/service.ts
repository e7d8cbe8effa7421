import { contentType, operationOf, type RequiredAction, type ServiceHandler } from '../aws-api/index.ts'
import type { Secrets } from './secrets.ts'

type Body = Readonly<Record<string, unknown>>

// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
const WITHOUT_SECRET = new Set(['ListSecrets', 'GetRandomPassword', 'BatchGetSecretValue'])

/** Secrets Manager as a service of the local API server; requests are signed for `secretsmanager`. */
export function secretsService(secrets: Secrets): ServiceHandler {
  const protocol = 'json1.1'
  return {
    protocol,
    actionsFor: (request) => [requiredAction(operationOf(request), request.json(), secrets)],
    async handle(request) {
      const answer = secrets.handle(operationOf(request), request.json())
      return { status: 200, headers: { 'content-type': contentType(protocol) }, body: JSON.stringify(answer) }
    },
  }
}

function requiredAction(operation: string, body: Body, secrets: Secrets): RequiredAction {
  const action = `secretsmanager:${operation}`
  const { SecretId, VersionId, VersionStage } = body
  if (WITHOUT_SECRET.has(operation) || typeof SecretId !== 'string') return { action, resource: '*' }
  // An unknown secret is denied or reported missing under the very name that was asked for, as on AWS.
  const resource = secrets.findArn(SecretId) ?? SecretId
  const isRead = operation === 'GetSecretValue'
  const stage = VersionStage ?? (isRead && VersionId === undefined ? 'AWSCURRENT' : undefined)
  return {
    action,
    resource,
    context: {
      'secretsmanager:SecretId': resource,
      ...(typeof VersionId === 'string' ? { 'secretsmanager:VersionId': VersionId } : {}),
      ...(typeof stage === 'string' ? { 'secretsmanager:VersionStage': stage } : {}),
    },
  }
}
