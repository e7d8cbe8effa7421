import { type ResourceEmulator, replacing } from './emulator.ts'
import { readProperties } from './properties.ts'

/** AWS::IAM::ManagedPolicy: attached to the roles it names, or named by roles, also as their boundary. */
export const iamManagedPolicy: ResourceEmulator = {
  properties: {
    honoured: ['ManagedPolicyName', 'PolicyDocument', 'Roles'],
    ignored: ['Description'],
  },
  create(request, { iam, accountId }) {
    const properties = readProperties(request)
    const name = properties.optionalText('ManagedPolicyName') ?? request.physicalName()
    const arn = `arn:aws:iam::${accountId}:policy/${name}`
    const remove = iam.defineManagedPolicy(arn, request.properties.PolicyDocument)
    const detach = iam.attachManagedPolicy(properties.list('Roles').map(String), arn)
    const dispose = () => {
      detach()
      remove()
    }
    return { ref: arn, attributes: { PolicyArn: arn }, dispose }
  },
  update: replacing((request, context) => iamManagedPolicy.create(request, context)),
}
