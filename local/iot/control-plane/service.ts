import { ApiError, type ApiRequest, type ApiResponse, type ServiceHandler } from '../../aws-api/index.ts'
import { AUTHORIZER_OPERATIONS } from './authorizers.ts'
import { CERTIFICATE_AUTHORITY_OPERATIONS } from './certificate-authorities.ts'
import { CERTIFICATE_OPERATIONS } from './certificates.ts'
import { ENDPOINT_OPERATIONS } from './endpoints.ts'
import type { Call, ControlPlane, Operation } from './operation.ts'
import { POLICY_OPERATIONS } from './policies.ts'
import { PRINCIPAL_OPERATIONS } from './principals.ts'
import { THING_GROUP_OPERATIONS } from './thing-groups.ts'
import { THING_OPERATIONS } from './things.ts'

interface Recognised {
  operation: Operation
  pattern: RegExp
}

const OPERATIONS: readonly Recognised[] = [
  ...THING_OPERATIONS,
  ...THING_GROUP_OPERATIONS,
  ...CERTIFICATE_OPERATIONS,
  ...CERTIFICATE_AUTHORITY_OPERATIONS,
  ...PRINCIPAL_OPERATIONS,
  ...POLICY_OPERATIONS,
  ...AUTHORIZER_OPERATIONS,
  ...ENDPOINT_OPERATIONS,
].map((operation) => ({
  operation,
  pattern: new RegExp(`^${operation.path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
}))

/** An operation is named after the action that allows it. */
export const IOT_CONTROL_OPERATIONS: readonly string[] = OPERATIONS.map(({ operation }) =>
  operation.action.replace('iot:', ''),
)

const ABSENT = () => {
  throw new ApiError('ServiceUnavailableException', 503, 'this control plane was opened without functions and keys')
}

/** The control plane's part that this project uses, signed for `iot`. Other operations are refused by name. */
export function iotControlService(
  options: Pick<ControlPlane, 'registry' | 'arnPrefix'> & Partial<ControlPlane>,
): ServiceHandler {
  const plane: ControlPlane = {
    nowMs: Date.now,
    issueClientCertificate: ABSENT,
    invokeAuthorizer: ABSENT,
    ...options,
  }
  return {
    protocol: 'rest-json',
    accessDeniedCode: 'UnauthorizedException',
    actionsFor(request) {
      const { operation, call } = recognise(request, plane)
      return operation.resources(call).map((resource) => ({
        action: operation.action,
        resource: resource === '*' || resource.startsWith('arn:') ? resource : `${plane.arnPrefix}:${resource}`,
      }))
    },
    async handle(request): Promise<ApiResponse> {
      const { operation, call } = recognise(request, plane)
      const body = JSON.stringify((await operation.run(call)) ?? {})
      return { status: 200, headers: { 'content-type': 'application/json' }, body }
    },
  }
}

function recognise(request: ApiRequest, plane: ControlPlane): { operation: Operation; call: Call } {
  for (const { operation, pattern } of OPERATIONS) {
    const match = operation.method === request.method ? pattern.exec(request.path) : null
    if (!match) continue
    const entries = Object.entries(match.groups ?? {}).map(([name, value]) => [name, decoded(value)])
    return { operation, call: { ...plane, request, parameters: Object.fromEntries(entries), body: request.json() } }
  }
  const text = `the local runtime has no control-plane operation ${request.method} ${request.path}`
  throw new ApiError('UnknownOperationException', 404, text)
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    throw new ApiError('InvalidRequestException', 400, 'expected a path of percent-encoded UTF-8')
  }
}
