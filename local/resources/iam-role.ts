import type { NamedPolicy } from '../iam/index.ts'
import type { Created, ResourceRequest } from '../template/index.ts'
import type { ResourceContext } from './context.ts'
import type { ResourceEmulator } from './emulator.ts'
import { readProperties } from './properties.ts'

/** AWS::IAM::Role */
export const iamRole: ResourceEmulator = {
  properties: {
    honoured: ['RoleName', 'AssumeRolePolicyDocument', 'Policies', 'ManagedPolicyArns', 'PermissionsBoundary'],
    ignored: ['Description', 'MaxSessionDuration', 'Tags'],
  },
  note: 'policies that other resources attach stay when it changes',
  create: (request, context) => put(request, context, undefined),
  update: (request, previous, context) => put(request, context, previous),
}

function put(request: ResourceRequest, { iam, accountId }: ResourceContext, previous: Created | undefined): Created {
  const properties = readProperties(request)
  const roleName = properties.optionalText('RoleName') ?? request.physicalName()
  const arn = `arn:aws:iam::${accountId}:role/${roleName}`
  const definition = {
    roleName,
    arn,
    inlinePolicies: properties.list('Policies') as unknown as NamedPolicy[],
    managedPolicyArns: properties.list('ManagedPolicyArns').map(String),
    permissionsBoundaryArn: properties.optionalText('PermissionsBoundary'),
    assumeRolePolicy: request.properties.AssumeRolePolicyDocument,
  }
  const dispose = previous?.ref === roleName ? iam.redefineRole(definition) : iam.defineRole(definition)
  return { ref: roleName, attributes: { Arn: arn, RoleId: roleName }, dispose }
}
