import { type ResourceEmulator, replacing } from './emulator.ts'
import { readProperties } from './properties.ts'

/** AWS::IAM::Policy, attached to the roles it names. */
export const iamPolicy: ResourceEmulator = {
  properties: {
    honoured: ['PolicyName', 'PolicyDocument', 'Roles'],
  },
  create(request, { iam }) {
    const properties = readProperties(request)
    const PolicyName = properties.text('PolicyName')
    const { PolicyDocument } = request.properties
    const dispose = iam.attachPolicy(properties.list('Roles').map(String), { PolicyName, PolicyDocument })
    return { ref: PolicyName, dispose }
  },
  update: replacing((request, context) => iamPolicy.create(request, context)),
}
