import { compilePolicy } from '../iot-policy/index.ts'
import { putOwned } from '../state/index.ts'
import { arn } from './context.ts'
import type { ResourceEmulator } from './emulator.ts'
import { ResourceError } from './errors.ts'
import { readProperties } from './properties.ts'

/** White space not counted. https://docs.aws.amazon.com/general/latest/gr/iot-core.html */
const MAX_CHARACTERS = 2_048

/** AWS::IoT::Policy; compiled at once, so that a document IoT Core would refuse stops the start. */
export const iotPolicy: ResourceEmulator = {
  properties: {
    honoured: ['PolicyName', 'PolicyDocument'],
    ignored: ['Tags'],
  },
  create(request, context) {
    const name = readProperties(request).optionalText('PolicyName') ?? request.physicalName()
    const document = request.properties.PolicyDocument
    compilePolicy(document, name)
    const characters = JSON.stringify(document).replace(/\s/g, '').length
    if (characters > MAX_CHARACTERS) {
      throw new ResourceError('policy_too_large', `policy ${name} takes ${characters} of ${MAX_CHARACTERS} characters`)
    }
    const policyArn = arn(context, 'iot', `policy/${name}`)
    const dispose = putOwned(context.iot.policies, name, { name, arn: policyArn, document })
    return { ref: name, attributes: { Arn: policyArn, Id: name }, dispose }
  },
}
