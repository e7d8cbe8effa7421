import type { Emulator } from '../template/index.ts'
import type { ResourceContext } from './context.ts'
import { readProperties } from './properties.ts'

/** AWS::IAM::Policy, attached to the roles it names. */
export const iamPolicy: Emulator<ResourceContext> = {
  create(request, { iam }) {
    const properties = readProperties(request)
    const PolicyName = properties.text('PolicyName')
    for (const role of properties.list('Roles')) {
      iam.attachPolicy(String(role), { PolicyName, PolicyDocument: request.properties.PolicyDocument })
    }
    return { ref: PolicyName }
  },
}
