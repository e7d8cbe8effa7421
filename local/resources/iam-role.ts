import type { NamedPolicy } from '../iam/index.ts'
import type { Emulator } from '../template/index.ts'
import type { ResourceContext } from './context.ts'
import { readProperties } from './properties.ts'

/** AWS::IAM::Role */
export const iamRole: Emulator<ResourceContext> = {
  create(request, { iam, accountId }) {
    const properties = readProperties(request)
    const roleName = properties.optionalText('RoleName') ?? request.physicalName()
    const arn = `arn:aws:iam::${accountId}:role/${roleName}`
    iam.defineRole({
      roleName,
      arn,
      inlinePolicies: properties.list('Policies') as unknown as NamedPolicy[],
      managedPolicyArns: properties.list('ManagedPolicyArns').map(String),
      assumeRolePolicy: request.properties.AssumeRolePolicyDocument,
    })
    return { ref: roleName, attributes: { Arn: arn, RoleId: roleName }, dispose: () => iam.removeRole(roleName) }
  },
}
